#include "access/policy_table.h"

#include <string>

namespace signet::access {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto space = text.find(' ');
    if (space != 0) out.emplace_back(text.substr(0, space));
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return out;
}

// Leases of nodes, pods, tokens and so on are narrowed to what the node has to do with.
constexpr RuleRow node_rows[] = {
    {.verbs = "create", .groups = "authentication.k8s.io", .resources = "tokenreviews"},
    {.verbs = "create",
     .groups = "authorization.k8s.io",
     .resources = "subjectaccessreviews localsubjectaccessreviews"},
    {.verbs = "get list watch", .groups = "core", .resources = "services"},
    {.verbs = "get", .groups = "core", .resources = "endpoints"},
    {.verbs = "create patch update", .groups = "core", .resources = "events"},
    {.verbs = "create get list watch",
     .groups = "certificates.k8s.io",
     .resources = "certificatesigningrequests"},
    {.verbs = "get list watch",
     .groups = "certificates.k8s.io",
     .resources = "clustertrustbundles"},
    {.verbs = "get list watch", .groups = "storage.k8s.io", .resources = "csidrivers"},
    {.verbs = "get list watch", .groups = "node.k8s.io", .resources = "runtimeclasses"},
};

}  // namespace

kinds::PolicyRule to_rule(const RuleRow& row) {
  auto groups = words(row.groups);
  for (auto& group : groups) {
    if (group == "core") group.clear();
  }
  return {.verbs = words(row.verbs),
          .api_groups = std::move(groups),
          .resources = words(row.resources),
          .resource_names = words(row.names),
          .non_resource_urls = words(row.paths)};
}

std::vector<kinds::PolicyRule> to_rules(std::span<const RuleRow> rows) {
  std::vector<kinds::PolicyRule> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(to_rule(row));
  return out;
}

std::span<const RuleRow> general_node_rules() {
  return node_rows;
}

}  // namespace signet::access
