// Which secrets a new pod may name: a mirror pod none, any other those that its account allows.
//
// Source   Kubernetes ServiceAccount admission; node.md E.3.
#pragma once

#include "access/admission_step.h"
#include "codec/json.h"

namespace signet::access {

machinery::ApiResult<void> check_mirror_pod(const machinery::AdmissionRequest& request);

// An account with the annotation kubernetes.io/enforce-mountable-secrets lists what its pods may
// mount. Deprecated in Kubernetes, and enforced there all the same; projected volumes and envFrom
// were never covered.
machinery::ApiResult<void> check_mountable_secrets(const machinery::AdmissionRequest& request,
                                                   const codec::Json& account,
                                                   std::string_view account_name);

}  // namespace signet::access
