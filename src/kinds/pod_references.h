// What of its namespace a pod names: what its node has to read in order to run it.
//
//   for (const PodReference& reference : references_of(pod)) ...
//
// Shape    each name as often as it stands there; empty names do not count. What is named by way
//          of something else (a claim's volume) is not followed. A pod that is bound to a node is
//          indexed under each of its names together with that node, so that "does a pod of this
//          node name that secret" is one look-up however many pods there are.
// Source   Kubernetes' visitors of pod references (node.md N.2, N.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace signet::kinds {

enum class Referred : std::uint8_t { account, secret, config_map, claim };

struct PodReference {
  Referred what = Referred::secret;
  std::string name;

  bool operator==(const PodReference&) const = default;
};

std::vector<PodReference> references_of(const codec::Json& pod);

bool refers_to_any(const codec::Json& pod, Referred what);

// The key under which Snapshot::has_indexed finds the pods of a node that name this; empty when no
// pod could.
std::string reference_key(std::string_view node, Referred what, std::string_view ns,
                          std::string_view name);
// Kind::index of pods. Of a mirror pod, which its node makes itself, nothing follows.
void index_references(const codec::Json& pod, std::vector<std::string>& keys);

// Shows what a node runs by itself; it can hold nothing that a node could not read anyway.
bool is_mirror_pod(const codec::Json& pod);

}  // namespace signet::kinds
