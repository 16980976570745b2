// What a rule of a role allows, and whether a request is covered by it.
//
// Source   Kubernetes RBAC (api.md H.2).
#pragma once

#include <span>
#include <string_view>

#include "machinery/request_info.h"

namespace signet::access {

// "*" in verbs, groups or resources stands for any; a path may end in "*".
struct Rule {
  std::span<const std::string_view> verbs;
  std::span<const std::string_view> groups;
  std::span<const std::string_view> resources;  // "pods", "pods/log", "*/log", "*"
  std::span<const std::string_view> names;      // empty: any name
  std::span<const std::string_view> paths;      // of non-resource requests
};

bool covers(const Rule& rule, const machinery::RequestInfo& request);

}  // namespace signet::access
