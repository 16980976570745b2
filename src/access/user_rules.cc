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
  const bool is_node = node_of(user).has_value();
  token::ErrorTexts errors;
  if (is_node) {
    errors.add(cat("node authorizer does not support user rule resolution for user ",
                   machinery::quoted(user.username)));
  }
  errors.add(held.errors);
  return {.rules = std::move(held.rules), .incomplete = is_node, .evaluation_error = errors.text()};
}

}  // namespace signet::access
