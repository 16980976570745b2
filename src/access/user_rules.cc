#include "access/user_rules.h"

#include <utility>

#include "access/node_authorizer.h"
#include "access/rbac.h"
#include "base/cat.h"
#include "machinery/field_error.h"

namespace signet::access {

UserRules rules_of(const token::UserInfo& user, std::string_view namespace_name,
                   const machinery::Snapshot& snapshot) {
  auto held = rules_held(user, namespace_name, snapshot);
  UserRules out{.rules = std::move(held.rules), .incomplete = false, .evaluation_error = {}};
  if (node_of(user)) {
    out.incomplete = true;
    held.errors.insert(held.errors.begin(),
                       cat("node authorizer does not support user rule resolution for user ",
                           machinery::quoted(user.username)));
  }
  if (!held.errors.empty()) out.evaluation_error = aggregated(held.errors);
  return out;
}

}  // namespace signet::access
