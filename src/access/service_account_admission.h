// Every pod runs as a service account, and gets its token mounted unless somebody says no.
//
// Shape    pods are looked at when they are made, never again: what happens to the account later
//          does not touch them.
// Source   Kubernetes ServiceAccount admission; node.md E.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

// Fills in account, token volume and pull secrets. Waits for the account `default`, which a new
// namespace gets a moment later.
Task<machinery::ApiResult<void>> admit_service_account(machinery::AdmissionRequest request,
                                                       const AdmissionContext* context);

machinery::ApiResult<void> check_service_account(const machinery::AdmissionRequest& request,
                                                 const AdmissionContext& context);

}  // namespace signet::access
