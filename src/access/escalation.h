// Nobody gives away what they do not have: who writes a role must hold all its rules, and who binds
// one must hold the rules that it has, or be allowed to "escalate" or "bind" it.
//
// Shape    a step of admission (admission.cc), asked for every write of the kinds of RBAC.
// Errors   403 with the rules that are missing, one a line; 404 for a role that is not there; 403
//          for a rule whose combinations are too many to be looked at one by one.
// Source   api.md H.4.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

machinery::ApiResult<void> prevent_escalation(const machinery::AdmissionRequest& request,
                                              const AdmissionContext& context);

}  // namespace signet::access
