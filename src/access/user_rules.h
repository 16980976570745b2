// Which rules somebody has in a namespace, as a SelfSubjectRulesReview lists them.
//
// Shape    those of roles and bindings, in the order in which they are found, not merged. What a
//          node may do follows from its pods, and is not among them.
// Threads  pure.
// Source   api.md H.7.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kinds/rbac_rules.h"
#include "machinery/view.h"
#include "token/user_info.h"

namespace signet::access {

struct UserRules {
  std::vector<const kinds::PolicyRule*> rules;  // in the snapshot, as long as that lives
  bool incomplete = false;                      // they may do more than their rules say
  std::string evaluation_error;                 // why some are missing
};

UserRules rules_of(const token::UserInfo& user, std::string_view namespace_name,
                   const machinery::Snapshot& snapshot);

}  // namespace signet::access
