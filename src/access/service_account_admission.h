// Every pod runs as a service account, and gets its token mounted unless somebody says no.
//
// Source   Kubernetes ServiceAccount admission; node.md E.
#pragma once

#include "base/random.h"
#include "machinery/admission.h"
#include "machinery/view.h"
#include "net/loop.h"

namespace signet::access {

bool concerns_service_accounts(const machinery::AdmissionRequest& request);

// Waits for the account `default`, which a new namespace gets a moment later.
Task<machinery::ApiResult<void>> admit_service_account(machinery::AdmissionRequest request,
                                                       machinery::View::Reader* reader,
                                                       net::Loop* loop, Random* random);

}  // namespace signet::access
