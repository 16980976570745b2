// What a node may write, beyond what it may ask: its own Node and lease, the status of its own
// pods, mirrors of what it runs by itself, tokens for pods it runs.
//
// Shape    the authorizer sees only names; this sees what is written. Everybody else passes.
// Source   Kubernetes NodeRestriction; node.md N.3, tokens.md 2.9.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

machinery::ApiResult<void> restrict_node(const machinery::AdmissionRequest& request,
                                         const AdmissionContext& context);

}  // namespace signet::access
