// Nothing is created in a namespace that does not exist or is going away.
//
// Source   Kubernetes NamespaceLifecycle; node.md G.4.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

machinery::ApiResult<void> admit_to_namespace(const machinery::AdmissionRequest& request,
                                              const AdmissionContext& context);

}  // namespace signet::access
