// Every pod runs as a service account, and gets its token mounted unless somebody says no.
//
// Shape    pods are looked at when they are made, never again: what happens to the account later
//          does not touch them.
// Source   Kubernetes ServiceAccount admission; node.md E.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

// Fills in account, token volume and pull secrets. Waits for what follows a moment later: the
// account `default` in a new namespace, and the token of a new account where it comes in a secret.
Task<machinery::ApiResult<void>> admit_service_account(machinery::AdmissionRequest request,
                                                       const AdmissionContext* context);

machinery::ApiResult<void> check_service_account(const machinery::AdmissionRequest& request,
                                                 const AdmissionContext& context);

}  // namespace signet::access
