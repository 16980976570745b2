// What roles and bindings allow somebody: RBAC, decided from the snapshot alone, so that a change
// holds from its commit on.
//
//   auto decision = authorize_by_rbac(user, request, snapshot);
//   auto held = rules_held(user, "demo", snapshot);     // all rules, for reviews and escalation
//
// Shape    cluster bindings first, then those of the namespace; in each the user's own, then each
//          group's, in the order of names. A binding whose role is missing allows nothing and is
//          told of in the reason.
// Units    time grows with the bindings that name the user or a group of theirs there, not with how
//          many there are.
// Threads  pure.
// Source   api.md H.2, H.4.
#pragma once

#include <string_view>
#include <vector>

#include "access/decision.h"
#include "kinds/rbac_rules.h"
#include "machinery/request_info.h"
#include "machinery/view.h"
#include "token/error_text.h"
#include "token/user_info.h"

namespace signet::access {

Decision authorize_by_rbac(const token::UserInfo& user, const machinery::RequestInfo& request,
                           const machinery::Snapshot& snapshot);

struct HeldRules {
  std::vector<const kinds::PolicyRule*> rules;  // in the snapshot, as long as that lives
  token::ErrorTexts errors;                     // roles that are bound and not there
};

// `namespace_name` empty: what holds everywhere.
HeldRules rules_held(const token::UserInfo& user, std::string_view namespace_name,
                     const machinery::Snapshot& snapshot);

}  // namespace signet::access
