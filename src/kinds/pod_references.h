// Which secrets, config maps and claims a pod's spec names, wherever it does.
//
// Source   Kubernetes' visitors of pod references (node.md N.2, N.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/json.h"

namespace signet::access {

enum class Referred : std::uint8_t { secret, config_map, claim };

// `name` empty: any at all.
bool refers(const codec::Json& spec, Referred what, std::string_view name = {});

// Shows what a node runs by itself; it can hold nothing that a node could not read anyway.
bool is_mirror_pod(const codec::Json& pod);

}  // namespace signet::access
