// What Kubernetes allows everybody before anybody wrote a role.
//
// Source   api.md H.5.
#pragma once

#include <span>
#include <string_view>

#include "access/rule.h"

namespace signet::access {

struct Grant {
  std::string_view role;  // the ClusterRole Kubernetes calls it
  std::span<const std::string_view> groups;
  std::span<const Rule> rules;
};

std::span<const Grant> bootstrap_grants();
// For groups of Options::public_discovery.
const Grant& public_discovery_grant();

}  // namespace signet::access
