#include <algorithm>

#include "access/node_restriction_rules.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "kinds/kinds.h"
#include "kinds/pod_references.h"

namespace signet::access {
namespace {

using codec::Json;
using machinery::AdmissionRequest;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::Operation;
using machinery::quoted;
using machinery::Snapshot;

// The one owner of a mirror pod is the node that makes it.
ApiResult<void> check_mirror_owner(const AdmissionRequest& request, std::string_view node,
                                   const Snapshot& snapshot) {
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

bool any_source(const Json& pod, std::string_view type) {
  return std::ranges::any_of(codec::array_at(pod, "spec.volumes"), [&](const Json& volume) {
    return std::ranges::any_of(
        codec::array_at(volume, "projected.sources"),
        [&](const Json& source) { return codec::find(source, type) != nullptr; });
  });
}

// By naming something in a pod of its own a node could make itself able to read it.
ApiResult<void> check_names_nothing(const AdmissionRequest& request, std::string_view node) {
  const auto& pod = *request.object;
  const auto reference = [&](std::string_view what) {
    return deny(request, cat("node ", quoted(node), " can not create pods that reference ", what));
  };
  if (!codec::string_at(pod, "spec.serviceAccountName").empty()) {
    return reference("a service account");
  }
  if (refers_to_any(pod, kinds::Referred::secret)) return reference("secrets");
  if (refers_to_any(pod, kinds::Referred::config_map)) return reference("configmaps");
  if (any_source(pod, "clusterTrustBundle")) return reference("clustertrustbundles");
  const bool claims = std::ranges::any_of(
      codec::array_at(pod, "spec.volumes"),
      [](const Json& volume) { return codec::find(volume, "persistentVolumeClaim") != nullptr; });
  if (claims) return reference("persistentvolumeclaims");
  return {};
}

ApiResult<void> restrict_create(const AdmissionRequest& request, std::string_view node,
                                const Snapshot& snapshot) {
  if (!kinds::is_mirror_pod(*request.object)) {
    return deny(request, cat("pod does not have \"kubernetes.io/config.mirror\" annotation, node ",
                             quoted(node), " can only create mirror pods"));
  }
  if (codec::string_at(*request.object, "spec.nodeName") != node) {
    return deny(request, cat("node ", quoted(node),
                             " can only create pods with spec.nodeName set to itself"));
  }
  TRY_VOID(check_mirror_owner(request, node, snapshot));
  return check_names_nothing(request, node);
}

ApiResult<void> restrict_delete(const AdmissionRequest& request, std::string_view node) {
  if (codec::string_at(*request.old_object, "spec.nodeName") == node) return {};
  return deny(request,
              cat("node ", quoted(node), " can only delete pods with spec.nodeName set to itself"));
}

ApiResult<void> restrict_eviction(const AdmissionRequest& request, std::string_view node,
                                  const Snapshot& snapshot) {
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  const auto* pod = snapshot.find(kinds::pod, cat(request.namespace_name, '/', request.name));
  if (pod == nullptr) return refuse(ApiError::not_found({"", "pods"}, request.name));
  if (pod->field(node_field) == node) return {};
  return deny(request, cat("node ", node, " can only evict pods with spec.nodeName set to itself"));
}

ApiResult<void> restrict_status(const AdmissionRequest& request, std::string_view node) {
  const auto& wanted = *request.object;
  const auto& old = *request.old_object;
  if (codec::string_at(old, "spec.nodeName") != node) {
    return deny(request, cat("node ", quoted(node),
                             " can only update pod status for pods with spec.nodeName set to "
                             "itself"));
  }
  if (codec::object_at(wanted, "metadata.labels") != codec::object_at(old, "metadata.labels")) {
    return deny(request, cat("node ", quoted(node), " cannot update labels through pod status"));
  }
  if (codec::array_at(wanted, "status.resourceClaimStatuses") !=
      codec::array_at(old, "status.resourceClaimStatuses")) {
    return deny(request, cat("node ", quoted(node), " cannot update resource claim statues"));
  }
  return {};
}

}  // namespace

ApiResult<void> restrict_node_pod(const AdmissionRequest& request, std::string_view node,
                                  const Snapshot& snapshot) {
  if (request.subresource == "eviction") return restrict_eviction(request, node, snapshot);
  if (request.subresource == "status") return restrict_status(request, node);
  if (!request.subresource.empty()) {
    return deny(request, cat("unexpected pod subresource ", quoted(request.subresource),
                             ", only 'status' and 'eviction' are allowed"));
  }
  switch (request.operation) {
    case Operation::create:
      return restrict_create(request, node, snapshot);
    case Operation::remove:
      return restrict_delete(request, node);
    case Operation::update:
      break;
  }
  return deny(request, cat("unexpected operation \"UPDATE\", node ", quoted(node),
                           " can only create and delete mirror pods"));
}

}  // namespace signet::access
