#include "access/node_authorizer.h"

#include <algorithm>

#include "access/pod_references.h"
#include "base/cat.h"
#include "codec/json.h"
#include "kinds/kinds.h"
#include "machinery/selector.h"

namespace signet::access {
namespace {

using machinery::RequestInfo;
using machinery::Snapshot;

Decision yes() {
  return {.allowed = true, .reason = {}};
}
Decision no(std::string reason) {
  return {.allowed = false, .reason = std::move(reason)};
}

bool one_of(std::string_view verb, std::initializer_list<std::string_view> verbs) {
  return std::ranges::find(verbs, verb) != verbs.end();
}

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

Decision read_related(std::string_view node, const RequestInfo& request, const Snapshot& snapshot) {
  if (!one_of(request.verb, {"get", "list", "watch"})) {
    return no("can only read resources of this type");
  }
  if (!request.subresource.empty()) return no("cannot read subresource");
  if (request.namespace_name.empty()) return no("can only read namespaced object of this type");
  if (request.name.empty()) return no("No Object name found");
  const bool secret = request.resource == "secrets";
  const auto related = any_pod(snapshot, node, request.namespace_name, [&](const auto& pod) {
    const auto object = pod.parse();
    const auto* spec = codec::find(object, "spec");
    // A node makes its mirror pods itself: what they name proves nothing.
    if (spec == nullptr || is_mirror_pod(object)) return false;
    return refers(*spec, secret ? Referred::secret : Referred::config_map, request.name);
  });
  if (related) return yes();
  return no(cat("no relationship found between node '", node, "' and this object"));
}

Decision use_account(std::string_view node, const RequestInfo& request, const Snapshot& snapshot) {
  if (request.verb != "create" || request.name.empty()) {
    return no("can only create tokens for individual service accounts");
  }
  if (request.subresource != "token") {
    return no("can only create token subresource of serviceaccount");
  }
  static const auto account_field = *kinds::pod.field_index("spec.serviceAccountName");
  const auto related = any_pod(snapshot, node, request.namespace_name, [&](const auto& pod) {
    return pod.field(account_field) == request.name;
  });
  if (related) return yes();
  return no(cat("no relationship found between node '", node, "' and this object"));
}

Decision touch_nodes(std::string_view node, const RequestInfo& request) {
  if (request.subresource == "status" && one_of(request.verb, {"update", "patch"})) return yes();
  if (!request.subresource.empty()) return no({});
  if (one_of(request.verb, {"create", "update", "patch"})) return yes();
  if (!one_of(request.verb, {"get", "list", "watch"})) return no({});
  if (request.name == node) return yes();
  if (request.name.empty()) {
    return no(cat("node '", node, "' cannot read all nodes, only its own Node object"));
  }
  return no(cat("node '", node, "' cannot read '", request.name, "', only its own Node object"));
}

Decision touch_pods(std::string_view node, const RequestInfo& request, const Snapshot& snapshot) {
  if (request.subresource == "status") {
    return one_of(request.verb, {"update", "patch"}) ? yes() : no({});
  }
  if (request.subresource == "eviction") return request.verb == "create" ? yes() : no({});
  if (!request.subresource.empty()) return no({});
  if (one_of(request.verb, {"create", "delete"})) return yes();
  const auto* pod = request.name.empty()
                        ? nullptr
                        : snapshot.find(kinds::pod, cat(request.namespace_name, '/', request.name));
  if (one_of(request.verb, {"get", "list", "watch"}) && pod != nullptr && is_on(*pod, node)) {
    return yes();
  }
  if (request.verb == "get") {
    return no(cat("no relationship found between node '", node, "' and this object"));
  }
  if (!one_of(request.verb, {"list", "watch"})) return no({});
  const auto selector =
      machinery::FieldSelector::parse(kinds::pod, request.query.get("fieldSelector"));
  if (selector && selector->required("spec.nodeName") == node) return yes();
  return no("can only list/watch pods with spec.nodeName field selector");
}

}  // namespace

std::optional<std::string_view> node_of(const token::UserInfo& user) {
  constexpr std::string_view prefix = "system:node:";
  const std::string_view username = user.username;
  if (!username.starts_with(prefix) || username.size() == prefix.size() ||
      std::ranges::find(user.groups, "system:nodes") == user.groups.end()) {
    return std::nullopt;
  }
  return username.substr(prefix.size());
}

Decision authorize_node(const token::UserInfo& user, const RequestInfo& request,
                        const Snapshot& snapshot) {
  const auto node = node_of(user);
  if (!node || !request.is_resource) return no({});
  if (request.group == "authentication.k8s.io" && request.resource == "tokenreviews") {
    return request.verb == "create" ? yes() : no({});
  }
  if (!request.group.empty()) return no({});
  if (request.resource == "secrets" || request.resource == "configmaps") {
    return read_related(*node, request, snapshot);
  }
  if (request.resource == "serviceaccounts") return use_account(*node, request, snapshot);
  if (request.resource == "nodes") return touch_nodes(*node, request);
  if (request.resource == "pods") return touch_pods(*node, request, snapshot);
  if (request.resource == "events" && one_of(request.verb, {"create", "patch", "update"})) {
    return yes();
  }
  return no({});
}

}  // namespace signet::access
