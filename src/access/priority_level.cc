#include "access/priority_level.h"

#include <algorithm>

#include "access/authorizer.h"
#include "net/address.h"

namespace signet::access {
namespace {

bool in_group(const token::UserInfo& user, std::string_view group) {
  return std::ranges::find(user.groups, group) != user.groups.end();
}

bool asks_for_health(const machinery::RequestInfo& info) {
  if (info.is_resource) return false;
  constexpr std::array<std::string_view, 3> roots{"/healthz", "/livez", "/readyz"};
  return std::ranges::any_of(roots, [&](std::string_view root) {
    return info.path.starts_with(root) &&
           (info.path.size() == root.size() || info.path[root.size()] == '/');
  });
}

}  // namespace

std::string_view to_string(PriorityLevel level) {
  constexpr std::array<std::string_view, priority_levels> names{"exempt", "system", "workload",
                                                                "everybody"};
  return names[static_cast<std::size_t>(level)];
}

FlowKey flow_of(const token::UserInfo& user, const machinery::RequestInfo& info,
                std::string_view remote_address) {
  const std::string_view name = user.username;
  if (name == token::anonymous_username) {
    return {.level = asks_for_health(info) ? PriorityLevel::exempt : PriorityLevel::everybody,
            .name = net::host_of(remote_address)};
  }
  if (is_master(user) || asks_for_health(info)) {
    return {.level = PriorityLevel::exempt, .name = name};
  }
  if (name.starts_with("system:kube-") || in_group(user, "system:nodes")) {
    return {.level = PriorityLevel::system, .name = name};
  }
  if (in_group(user, "system:serviceaccounts")) {
    return {.level = PriorityLevel::workload, .name = name};
  }
  return {.level = PriorityLevel::everybody, .name = name};
}

}  // namespace signet::access
