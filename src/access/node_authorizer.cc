#include "access/node_authorizer.h"

#include <algorithm>

#include "access/node_relations.h"
#include "access/policy_table.h"
#include "access/rule.h"
#include "base/cat.h"
#include "kinds/kinds.h"
#include "machinery/selector.h"

namespace signet::access {
namespace {

using kinds::Referred;
using machinery::RequestInfo;
using machinery::Snapshot;

struct Question {
  std::string_view node;
  const RequestInfo& request;
  const Snapshot& snapshot;

  bool verb_in(std::initializer_list<std::string_view> verbs) const {
    return std::ranges::find(verbs, std::string_view(request.verb)) != verbs.end();
  }
};

Decision yes() {
  return {.allowed = true, .reason = {}};
}
Decision no(std::string reason = {}) {
  return {.allowed = false, .reason = std::move(reason)};
}
Decision related(const Question& ask, bool is_related) {
  if (is_related) return yes();
  return no(cat("no relationship found between node '", ask.node, "' and this object"));
}

Decision needed(const Question& ask, Referred what) {
  const auto& request = ask.request;
  if (request.name.empty()) return no("No Object name found");
  return related(ask,
                 node_needs(ask.snapshot, ask.node, what, request.namespace_name, request.name));
}

Decision read_needed(const Question& ask, Referred what) {
  if (!ask.verb_in({"get", "list", "watch"})) return no("can only read resources of this type");
  if (!ask.request.subresource.empty()) return no("cannot read subresource");
  if (ask.request.namespace_name.empty()) return no("can only read namespaced object of this type");
  return needed(ask, what);
}

Decision read_secret(const Question& ask) {
  return read_needed(ask, Referred::secret);
}
Decision read_config_map(const Question& ask) {
  return read_needed(ask, Referred::config_map);
}

std::string_view why_no_single_get(const Question& ask) {
  if (ask.request.verb != "get") return "can only get individual resources of this type";
  if (!ask.request.subresource.empty()) return "cannot get subresource";
  return ask.request.name.empty() ? "No Object name found" : "";
}

Decision touch_claim(const Question& ask) {
  if (ask.request.subresource == "status") {
    if (!ask.verb_in({"update", "patch"})) return no("can only get/update/patch this type");
  } else if (const auto why = why_no_single_get(ask); !why.empty()) {
    return no(std::string(why));
  }
  return needed(ask, Referred::claim);
}

// What claims and attachments lead to is not kept here, so nothing leads to it.
Decision get_volume(const Question& ask) {
  const auto why = why_no_single_get(ask);
  return why.empty() ? related(ask, false) : no(std::string(why));
}

Decision use_account(const Question& ask) {
  const auto& request = ask.request;
  if (request.verb != "create" || request.name.empty()) {
    return no("can only create tokens for individual service accounts");
  }
  if (request.subresource != "token") {
    return no("can only create token subresource of serviceaccount");
  }
  return needed(ask, Referred::account);
}

// The name of what is created is not known yet: admission looks at it.
bool is_own(const Question& ask) {
  return ask.request.verb == "create" || ask.request.name == ask.node;
}

Decision touch_lease(const Question& ask) {
  if (!ask.verb_in({"get", "create", "update", "patch", "delete"})) {
    return no("can only get, create, update, patch, or delete a node lease");
  }
  if (ask.request.namespace_name != "kube-node-lease") {
    return no("can only access leases in the \"kube-node-lease\" system namespace");
  }
  if (is_own(ask)) return yes();
  return no("can only access node lease with the same name as the requesting node");
}

Decision touch_csi_node(const Question& ask) {
  if (!ask.verb_in({"get", "create", "update", "patch", "delete"})) {
    return no("can only get, create, update, patch, or delete a CSINode");
  }
  if (!ask.request.subresource.empty()) return no("cannot authorize CSINode subresources");
  if (is_own(ask)) return yes();
  return no("can only access CSINode with the same name as the requesting node");
}

Decision touch_node(const Question& ask) {
  const auto& request = ask.request;
  if (request.subresource == "status") return ask.verb_in({"update", "patch"}) ? yes() : no();
  if (!request.subresource.empty()) return no();
  if (ask.verb_in({"create", "update", "patch"})) return yes();
  if (!ask.verb_in({"get", "list", "watch"})) return no();
  // By name alone: a node looks for itself before it is there.
  if (request.name == ask.node) return yes();
  if (request.name.empty()) {
    return no(cat("node '", ask.node, "' cannot read all nodes, only its own Node object"));
  }
  return no(
      cat("node '", ask.node, "' cannot read '", request.name, "', only its own Node object"));
}

bool selects_own_pods(const Question& ask) {
  const auto selector =
      machinery::FieldSelector::parse(kinds::pod, ask.request.query.get("fieldSelector"));
  return selector && selector->required("spec.nodeName") == ask.node;
}

Decision touch_pod(const Question& ask) {
  const auto& request = ask.request;
  if (request.subresource == "status") return ask.verb_in({"update", "patch"}) ? yes() : no();
  if (request.subresource == "eviction") return request.verb == "create" ? yes() : no();
  if (!request.subresource.empty()) return no();
  if (ask.verb_in({"create", "delete"})) return yes();
  if (!ask.verb_in({"get", "list", "watch"})) return no();
  const bool many = request.verb != "get";
  if (many && selects_own_pods(ask)) return yes();
  if (many && request.name.empty()) {
    return no("can only list/watch pods with spec.nodeName field selector");
  }
  return related(ask, node_runs_pod(ask.snapshot, ask.node, request.namespace_name, request.name));
}

struct Narrowed {
  std::string_view group;
  std::string_view resource;
  Decision (*decide)(const Question&);
};

constexpr Narrowed narrowed[] = {
    {"", "secrets", read_secret},
    {"", "configmaps", read_config_map},
    {"", "serviceaccounts", use_account},
    {"", "nodes", touch_node},
    {"", "pods", touch_pod},
    {"", "persistentvolumeclaims", touch_claim},
    {"", "persistentvolumes", get_volume},
    {"storage.k8s.io", "volumeattachments", get_volume},
    {"storage.k8s.io", "csinodes", touch_csi_node},
    {"coordination.k8s.io", "leases", touch_lease},
};

bool is_general(const RequestInfo& request) {
  static const auto rules = to_rules(general_node_rules());
  return std::ranges::any_of(rules,
                             [&](const kinds::PolicyRule& rule) { return covers(rule, request); });
}

}  // namespace

std::optional<std::string_view> node_of(const token::UserInfo& user) {
  constexpr std::string_view prefix = "system:node:";
  const std::string_view username = user.username;
  if (!username.starts_with(prefix) ||
      std::ranges::find(user.groups, "system:nodes") == user.groups.end()) {
    return std::nullopt;
  }
  return username.substr(prefix.size());
}

Decision authorize_node(const token::UserInfo& user, const RequestInfo& request,
                        const Snapshot& snapshot) {
  const auto node = node_of(user);
  if (!node) return no();
  if (node->empty()) return no(cat("unknown node for user ", machinery::quoted(user.username)));
  if (!request.is_resource) return no();
  for (const auto& [group, resource, decide] : narrowed) {
    if (request.group == group && request.resource == resource) {
      return decide({.node = *node, .request = request, .snapshot = snapshot});
    }
  }
  return is_general(request) ? yes() : no();
}

}  // namespace signet::access
