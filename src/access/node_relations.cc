#include "access/node_relations.h"

#include "base/cat.h"
#include "kinds/kinds.h"

namespace signet::access {

using machinery::Snapshot;

bool node_runs_pod(const Snapshot& snapshot, std::string_view node, std::string_view ns,
                   std::string_view name) {
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  const auto* pod = snapshot.find(kinds::pod, cat(ns, '/', name));
  return pod != nullptr && pod->field(node_field) == node;
}

bool node_needs(const Snapshot& snapshot, std::string_view node, kinds::Referred what,
                std::string_view ns, std::string_view name) {
  const auto key = kinds::reference_key(node, what, ns, name);
  return !key.empty() && snapshot.has_indexed(kinds::pod, key);
}

}  // namespace signet::access
