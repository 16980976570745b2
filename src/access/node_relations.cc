#include "access/node_relations.h"

#include <algorithm>

#include "base/cat.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using machinery::Snapshot;

bool is_on(const machinery::Object& pod, std::string_view node) {
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  return pod.field(node_field) == node;
}

// Calls `matches` with each pod of the namespace that is bound to the node; true at the first yes.
template <typename Matches>
bool any_pod(const Snapshot& snapshot, std::string_view node, std::string_view ns,
             Matches matches) {
  bool found = false;
  const auto prefix = cat(ns, '/');
  snapshot.for_each(kinds::pod, prefix, prefix, [&](const machinery::ObjectPtr& pod) {
    found = is_on(*pod, node) && matches(*pod);
    return !found;
  });
  return found;
}

}  // namespace

bool node_runs_pod(const Snapshot& snapshot, std::string_view node, std::string_view ns,
                   std::string_view name) {
  const auto* pod = snapshot.find(kinds::pod, cat(ns, '/', name));
  return pod != nullptr && is_on(*pod, node);
}

bool node_runs_account(const Snapshot& snapshot, std::string_view node, std::string_view ns,
                       std::string_view account) {
  static const auto account_field = *kinds::pod.field_index("spec.serviceAccountName");
  return any_pod(snapshot, node, ns, [&](const auto& pod) {
    return pod.field(account_field) == account && !kinds::is_mirror_pod(pod.parse());
  });
}

bool node_needs(const Snapshot& snapshot, std::string_view node, kinds::Referred what,
                std::string_view ns, std::string_view name) {
  const kinds::PodReference wanted{.what = what, .name = std::string(name)};
  return any_pod(snapshot, node, ns, [&](const auto& pod) {
    const auto object = pod.parse();
    if (kinds::is_mirror_pod(object)) return false;
    const auto found = kinds::references_of(object);
    return std::ranges::find(found, wanted) != found.end();
  });
}

}  // namespace signet::access
