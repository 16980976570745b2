// What the server decides about a new pod beside its account: its priority, how long it stays on a
// node that is lost, and how it is run.
//
// Shape    Kubernetes keeps PriorityClasses and RuntimeClasses as objects; here are only the two
//          priority classes that every cluster has, and no runtime class.
// Source   Kubernetes' Priority, DefaultTolerationSeconds and RuntimeClass admission.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

machinery::ApiResult<void> admit_priority(const machinery::AdmissionRequest& request,
                                          const AdmissionContext& context);

// Of updates too, so that a manifest that never named them still applies.
machinery::ApiResult<void> add_tolerations(const machinery::AdmissionRequest& request,
                                           const AdmissionContext& context);

machinery::ApiResult<void> admit_runtime_class(const machinery::AdmissionRequest& request,
                                               const AdmissionContext& context);
machinery::ApiResult<void> check_overhead(const machinery::AdmissionRequest& request,
                                          const AdmissionContext& context);

}  // namespace signet::access
