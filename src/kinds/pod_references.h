// What of its namespace a pod names: what its node has to read in order to run it.
//
//   for (const PodReference& reference : references_of(pod)) ...
//
// Shape    each name as often as it stands there; empty names do not count. What is named by way
//          of something else (a claim's volume) is not followed.
// Source   Kubernetes' visitors of pod references (node.md N.2, N.3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/json.h"

namespace signet::kinds {

enum class Referred : std::uint8_t { secret, config_map, claim };

struct PodReference {
  Referred what = Referred::secret;
  std::string name;

  bool operator==(const PodReference&) const = default;
};

std::vector<PodReference> references_of(const codec::Json& pod);

bool refers_to_any(const codec::Json& pod, Referred what);

// Shows what a node runs by itself; it can hold nothing that a node could not read anyway.
bool is_mirror_pod(const codec::Json& pod);

}  // namespace signet::kinds
