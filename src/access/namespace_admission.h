// Nothing is created in a namespace that does not exist or is going away.
//
// Source   Kubernetes NamespaceLifecycle; node.md G.4.
#pragma once

#include "machinery/admission.h"
#include "machinery/view.h"

namespace signet::access {

machinery::ApiResult<void> admit_to_namespace(const machinery::AdmissionRequest& request,
                                              const machinery::Snapshot& snapshot);

}  // namespace signet::access
