// How urgent a request is and whose it counts as, before anybody looks at what it wants.
//
//   system:masters, /healthz /livez /readyz     exempt     never waits, never counted
//   nodes, system:kube-*                        system     4 shares
//   service accounts                            workload   2 shares
//   everybody else, also nobody at all          everybody  1 share
//
// Shape    fixed, as few as can be told apart by name: Kubernetes' PriorityLevelConfigurations in
//          spirit. Shares count only between levels that have something waiting. Whom a request
//          counts as is its user; callers without one are told apart by their address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "machinery/request_info.h"
#include "token/user_info.h"

namespace signet::access {

enum class PriorityLevel : std::uint8_t { exempt, system, workload, everybody };
inline constexpr std::size_t priority_levels = 4;

std::string_view to_string(PriorityLevel level);

// Whose request it is. A view into what it was made from.
struct FlowKey {
  PriorityLevel level = PriorityLevel::everybody;
  std::string_view name;
};

// `remote_address` with its port, which does not count.
FlowKey flow_of(const token::UserInfo& user, const machinery::RequestInfo& info,
                std::string_view remote_address);

}  // namespace signet::access
