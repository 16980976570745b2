// Node: a machine that pods are bound to. Columns: api.md D.
#include <set>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/node_schema.h"

namespace signet::kinds {
namespace {

using codec::Json;

constexpr std::string_view short_names[] = {"no"};
constexpr std::string_view selectable[] = {"spec.unschedulable"};

constexpr machinery::Subresource subresources[] = {
    {.name = "status", .kind = "Node", .verbs = status_verbs},
};

Json status_cell(const Json& node, Instant /*now*/) {
  std::string status = "Unknown";
  for (const Json& condition : codec::array_at(node, "status.conditions")) {
    if (codec::string_at(condition, "type") != "Ready") continue;
    status = codec::string_at(condition, "status") == "True" ? "Ready" : "NotReady";
  }
  if (codec::bool_at(node, "spec.unschedulable").value_or(false)) status += ",SchedulingDisabled";
  return text_cell(status);
}

Json roles_cell(const Json& node, Instant /*now*/) {
  constexpr std::string_view prefix = "node-role.kubernetes.io/";
  std::set<std::string_view> roles;
  for (const auto& label : codec::object_at(node, "metadata.labels")) {
    const std::string_view key = label.key();
    const auto* held = label.value().if_string();
    const std::string_view value = held == nullptr ? std::string_view{} : std::string_view(*held);
    if (key.starts_with(prefix) && key.size() > prefix.size()) {
      roles.insert(key.substr(prefix.size()));
    } else if (key == "kubernetes.io/role" && !value.empty()) {
      roles.insert(value);
    }
  }
  if (roles.empty()) return text_cell("<none>");
  std::string text;
  for (const auto role : roles) append(text, text.empty() ? "" : ",", role);
  return text_cell(text);
}

Json address_cell(const Json& node, std::string_view type) {
  for (const Json& address : codec::array_at(node, "status.addresses")) {
    if (codec::string_at(address, "type") == type) return text_cell(address, "address", "<none>");
  }
  return text_cell("<none>");
}
Json internal_ip_cell(const Json& node, Instant /*now*/) {
  return address_cell(node, "InternalIP");
}
Json external_ip_cell(const Json& node, Instant /*now*/) {
  return address_cell(node, "ExternalIP");
}

Json version_cell(const Json& node, Instant /*now*/) {
  return text_cell(node, "status.nodeInfo.kubeletVersion");
}
Json os_image_cell(const Json& node, Instant /*now*/) {
  return text_cell(node, "status.nodeInfo.osImage", "<unknown>");
}
Json kernel_cell(const Json& node, Instant /*now*/) {
  return text_cell(node, "status.nodeInfo.kernelVersion", "<unknown>");
}
Json runtime_cell(const Json& node, Instant /*now*/) {
  return text_cell(node, "status.nodeInfo.containerRuntimeVersion", "<unknown>");
}

constexpr machinery::Column columns[] = {
    name_column,
    column("Status", "Whether the node is ready for pods", 0, status_cell),
    column("Roles", "Roles that its labels give it", 0, roles_cell),
    age_column,
    column("Version", "Version of its node agent", 0, version_cell),
    column("Internal-IP", "Address inside the cluster", 1, internal_ip_cell),
    column("External-IP", "Address from outside", 1, external_ip_cell),
    column("OS-Image", "Operating system", 1, os_image_cell),
    column("Kernel-Version", "Kernel", 1, kernel_cell),
    column("Container-Runtime", "What runs its containers", 1, runtime_cell),
};

}  // namespace

constinit const machinery::Kind node{
    .group = "",
    .version = "v1",
    .kind = "Node",
    .plural = "nodes",
    .singular = "node",
    .description = "A Node is a machine that runs pods.",
    .short_names = short_names,
    .verbs = all_verbs,
    .scope = machinery::Scope::cluster,
    .schema = &node_schema,
    .has_status = true,
    .subresources = subresources,
    .selectable = selectable,
    .columns = columns,
    .prepare_update = keep_other_half,
};

}  // namespace signet::kinds
