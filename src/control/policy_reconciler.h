// Puts the roles and bindings in place that every server has, at each start.
//
// Shape    what is missing of an object is added: the whole, a label, a rule that nothing in the
//          role covers, a subject. What somebody added stays, and so does an object whose
//          annotation says that it is not to be updated. A binding to another role is made anew.
// Threads  its loop's.
// Source   api.md H.5; Kubernetes' reconciliation of RBAC at start.
#pragma once

#include "access/bootstrap_policy.h"
#include "machinery/api.h"

namespace signet::control {

Task<machinery::ApiResult<void>> reconcile_policy(machinery::Api* api);

// `current` with what `wanted` has and it lacks.
codec::Json with_missing(const machinery::Kind& kind, const codec::Json& current,
                         const codec::Json& wanted);

}  // namespace signet::control
