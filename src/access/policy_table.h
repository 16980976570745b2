// Rules as one reads them in a table: words between spaces.
//
//   constexpr RuleRow row{.verbs = "get list watch", .groups = "core apps", .resources = "pods"};
//   to_rule(row)
//
// Shape    the group "core" is the one that has no name.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kinds/rbac_rules.h"

namespace signet::access {

struct RuleRow {
  std::string_view verbs;
  std::string_view groups;
  std::string_view resources;
  std::string_view names;
  std::string_view paths;
};

kinds::PolicyRule to_rule(const RuleRow& row);
std::vector<kinds::PolicyRule> to_rules(std::span<const RuleRow> rows);

// What every node may do, whatever its pods are (api.md H.6); the node authorizer narrows the rest.
std::span<const RuleRow> general_node_rules();

}  // namespace signet::access
