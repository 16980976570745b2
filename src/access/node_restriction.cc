#include "access/node_restriction.h"

#include <algorithm>
#include <map>

#include "access/node_authorizer.h"
#include "access/pod_references.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using machinery::AdmissionRequest;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::Operation;
using machinery::quoted;
using machinery::refuse;

ApiResult<void> deny(const AdmissionRequest& request, std::string_view why) {
  return refuse(
      ApiError::forbidden({request.kind->group, request.kind->plural}, request.name, why));
}

const codec::Json& value_at(const codec::Json& object, std::string_view path) {
  static const codec::Json nothing;
  const auto* found = codec::find(object, path);
  return found == nullptr ? nothing : *found;
}

// Labels of Kubernetes' own that say where and what a machine is; the rest belong to the operator.
bool node_may_set(std::string_view key) {
  const auto slash = key.find('/');
  const auto prefix = slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
  const auto within = [&](std::string_view domain) {
    return prefix == domain || (prefix.size() > domain.size() && prefix.ends_with(domain) &&
                                prefix[prefix.size() - domain.size() - 1] == '.');
  };
  if (within("node-restriction.kubernetes.io")) return false;
  if (!within("kubernetes.io") && !within("k8s.io")) return true;
  if (within("kubelet.kubernetes.io") || within("node.kubernetes.io")) return true;
  constexpr std::string_view allowed[] = {
      "kubernetes.io/hostname",
      "kubernetes.io/os",
      "kubernetes.io/arch",
      "beta.kubernetes.io/os",
      "beta.kubernetes.io/arch",
      "topology.kubernetes.io/zone",
      "topology.kubernetes.io/region",
      "failure-domain.beta.kubernetes.io/zone",
      "failure-domain.beta.kubernetes.io/region",
      "beta.kubernetes.io/instance-type",
  };
  return std::ranges::find(allowed, key) != std::end(allowed);
}

// Keys whose values differ between the two sets of labels and that a node may not set, sorted.
std::string forbidden_labels(const codec::JsonObject& labels, const codec::JsonObject& old) {
  std::map<std::string_view, bool> keys;
  const auto compare = [&](const codec::JsonObject& from, const codec::JsonObject& with) {
    for (const auto& member : from) {
      const auto* other = with.if_contains(member.key());
      if ((other == nullptr || *other != member.value()) && !node_may_set(member.key())) {
        keys[member.key()] = true;
      }
    }
  };
  compare(labels, old);
  compare(old, labels);
  std::string out;
  for (const auto& [key, unused] : keys) append(out, out.empty() ? "" : ", ", key);
  return out;
}

ApiResult<void> restrict_node_object(const AdmissionRequest& request, std::string_view node) {
  const bool create = request.operation == Operation::create;
  // A name that is still to be drawn cannot be the node's own.
  const bool drawn = create && codec::string_at(*request.object, "metadata.name").empty();
  if (drawn || request.name != node) {
    return deny(request, cat("node ", quoted(node), " is not allowed to modify node ",
                             quoted(request.name)));
  }
  if (request.object == nullptr) return {};
  const codec::Json nothing;
  const auto& old = create ? nothing : *request.old_object;
  if (!create && value_at(*request.object, "spec.taints") != value_at(old, "spec.taints")) {
    return deny(request, cat("node ", quoted(node), " is not allowed to modify taints"));
  }
  if (!create && value_at(*request.object, "metadata.ownerReferences") !=
                     value_at(old, "metadata.ownerReferences")) {
    return deny(request, cat("node ", quoted(node), " is not allowed to modify ownerReferences"));
  }
  const auto labels = forbidden_labels(codec::object_at(*request.object, "metadata.labels"),
                                       codec::object_at(old, "metadata.labels"));
  if (labels.empty()) return {};
  return deny(request, cat("node ", quoted(node), " is not allowed to ",
                           create ? "set the following labels: " : "modify labels: ", labels));
}

// The one owner of a mirror pod is the node that makes it.
ApiResult<void> check_mirror_owner(const AdmissionRequest& request, std::string_view node,
                                   const machinery::Snapshot& snapshot) {
  const auto only = [&](std::string_view what) {
    return deny(request, cat("node ", quoted(node), " can only create pods with ", what));
  };
  const auto& owners = codec::array_at(*request.object, "metadata.ownerReferences");
  if (owners.empty()) return only("an owner reference set to itself");
  if (owners.size() != 1) return only("a single owner reference set to itself");
  const auto& owner = owners[0];
  if (codec::string_at(owner, "apiVersion") != "v1" || codec::string_at(owner, "kind") != "Node" ||
      codec::string_at(owner, "name") != node) {
    return only("an owner reference set to itself");
  }
  if (!codec::bool_at(owner, "controller").value_or(false)) {
    return only("a controller owner reference set to itself");
  }
  if (codec::bool_at(owner, "blockOwnerDeletion").value_or(false)) {
    return deny(request, cat("node ", quoted(node),
                             " must not set blockOwnerDeletion on an owner reference"));
  }
  const auto* live = snapshot.find(kinds::node, node);
  if (live == nullptr) return refuse(ApiError::not_found({"", "nodes"}, node));
  if (const auto uid = codec::string_at(owner, "uid"); uid != live->uid()) {
    return deny(request, cat("node ", node, " UID mismatch: expected ", uid, " got ", live->uid()));
  }
  return {};
}

ApiResult<void> restrict_pod_create(const AdmissionRequest& request, std::string_view node,
                                    const machinery::Snapshot& snapshot) {
  const auto& pod = *request.object;
  if (!is_mirror_pod(pod)) {
    return deny(request, cat("pod does not have \"kubernetes.io/config.mirror\" annotation, node ",
                             quoted(node), " can only create mirror pods"));
  }
  if (codec::string_at(pod, "spec.nodeName") != node) {
    return deny(request, cat("node ", quoted(node),
                             " can only create pods with spec.nodeName set to itself"));
  }
  TRY_VOID(check_mirror_owner(request, node, snapshot));
  const auto reference = [&](std::string_view what) {
    return deny(request, cat("node ", quoted(node), " can not create pods that reference ", what));
  };
  if (!codec::string_at(pod, "spec.serviceAccountName").empty()) {
    return reference("a service account");
  }
  const auto& spec = value_at(pod, "spec");
  if (refers(spec, Referred::secret)) return reference("secrets");
  if (refers(spec, Referred::config_map)) return reference("configmaps");
  if (refers(spec, Referred::claim)) return reference("persistentvolumeclaims");
  return {};
}

ApiResult<void> restrict_eviction(const AdmissionRequest& request, std::string_view node,
                                  const machinery::Snapshot& snapshot) {
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  const auto* pod = snapshot.find(kinds::pod, cat(request.namespace_name, '/', request.name));
  if (pod == nullptr) return refuse(ApiError::not_found({"", "pods"}, request.name));
  if (pod->field(node_field) == node) return {};
  return deny(request, cat("node ", node, " can only evict pods with spec.nodeName set to itself"));
}

ApiResult<void> restrict_pod_status(const AdmissionRequest& request, std::string_view node) {
  if (codec::string_at(*request.old_object, "spec.nodeName") != node) {
    return deny(request, cat("node ", quoted(node),
                             " can only update pod status for pods with spec.nodeName set to "
                             "itself"));
  }
  if (value_at(*request.object, "metadata.labels") !=
      value_at(*request.old_object, "metadata.labels")) {
    return deny(request, cat("node ", quoted(node), " cannot update labels through pod status"));
  }
  return {};
}

ApiResult<void> restrict_pod(const AdmissionRequest& request, std::string_view node,
                             const machinery::Snapshot& snapshot) {
  if (request.subresource == "eviction") return restrict_eviction(request, node, snapshot);
  if (request.subresource == "status") return restrict_pod_status(request, node);
  if (!request.subresource.empty()) {
    return deny(request, cat("unexpected pod subresource ", quoted(request.subresource),
                             ", only 'status' and 'eviction' are allowed"));
  }
  switch (request.operation) {
    case Operation::create:
      return restrict_pod_create(request, node, snapshot);
    case Operation::remove:
      if (codec::string_at(*request.old_object, "spec.nodeName") == node) return {};
      return deny(request, cat("node ", quoted(node),
                               " can only delete pods with spec.nodeName set to itself"));
    case Operation::update:
      break;
  }
  return deny(request, cat("unexpected operation \"UPDATE\", node ", quoted(node),
                           " can only create and delete mirror pods"));
}

// Whether a projected token source of the pod asks for exactly this audience.
bool pod_projects(const codec::Json& pod, std::string_view audience) {
  for (const auto& volume : codec::array_at(pod, "spec.volumes")) {
    for (const auto& source : codec::array_at(volume, "projected.sources")) {
      const auto* token = codec::find(source, "serviceAccountToken");
      if (token != nullptr && codec::string_at(*token, "audience") == audience) return true;
    }
  }
  return false;
}

}  // namespace

ApiResult<void> restrict_node(const AdmissionRequest& request,
                              const machinery::Snapshot& snapshot) {
  const auto node = node_of(*request.user);
  if (!node) return {};
  if (request.kind == &kinds::node) return restrict_node_object(request, *node);
  if (request.kind == &kinds::pod) return restrict_pod(request, *node, snapshot);
  return {};
}

ApiResult<void> restrict_node_token(const identity::TokenAdmissionRequest& request) {
  const auto node = node_of(request.user);
  if (!node) return {};
  const auto deny_token = [&](std::string_view why) -> ApiResult<void> {
    return refuse(ApiError::forbidden({"", "serviceaccounts"}, request.account, why));
  };
  const auto& bound = request.bound;
  if (!bound || bound->kind != "Pod" || bound->api_version != "v1" || bound->name.empty()) {
    return deny_token("node requested token not bound to a pod");
  }
  if (bound->uid.empty()) {
    return deny_token("node requested token with a pod binding without a uid");
  }
  const auto* pod = request.snapshot.find(kinds::pod, cat(request.ns, '/', bound->name));
  if (pod == nullptr) return refuse(ApiError::not_found({"", "pods"}, bound->name));
  if (pod->uid() != bound->uid) {
    return deny_token(cat("the UID in the bound object reference (", bound->uid,
                          ") does not match the UID in record. The object might have been deleted "
                          "and then recreated"));
  }
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  if (pod->field(node_field) != *node) {
    return deny_token("node requested token bound to a pod scheduled on a different node");
  }
  if (request.audiences.size() > 1) return deny_token("node may only request 0 or 1 audiences");
  std::string_view audience;
  if (!request.audiences.empty()) audience = request.audiences.front();
  if (pod_projects(pod->parse(), audience)) return {};
  return deny_token(cat("audience ", quoted(audience), " not found in pod spec volume, ",
                        request.user.username,
                        " is not authorized to request tokens for this audience"));
}

}  // namespace signet::access
