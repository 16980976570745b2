#include <algorithm>
#include <set>

#include "access/node_restriction_rules.h"
#include "base/cat.h"
#include "codec/json.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::AdmissionRequest;
using machinery::ApiResult;
using machinery::Operation;
using machinery::quoted;

const Json* given_at(const Json& object, std::string_view path) {
  const auto* found = codec::find(object, path);
  return found == nullptr || found->is_null() ? nullptr : found;
}

// A node that could point itself at a configuration could read what it names.
bool has_new_config_source(const Json& node, const Json& old) {
  const auto* wanted = given_at(node, "spec.configSource");
  if (wanted == nullptr) return false;
  const auto* before = given_at(old, "spec.configSource");
  return before == nullptr || *before != *wanted;
}

// Labels of Kubernetes' own that say where and what a machine is; the rest belong to the operator,
// who steers workloads by them.
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

// Keys that only one of the two has, or has with another value, and that a node may not set.
std::set<std::string_view> forbidden_changes(const JsonObject& labels, const JsonObject& old) {
  std::set<std::string_view> keys;
  const auto compare = [&](const JsonObject& from, const JsonObject& with) {
    for (const auto& member : from) {
      const auto* other = with.if_contains(member.key());
      if ((other == nullptr || *other != member.value()) && !node_may_set(member.key())) {
        keys.insert(member.key());
      }
    }
  };
  compare(labels, old);
  compare(old, labels);
  return keys;
}

std::string joined(const std::set<std::string_view>& keys) {
  std::string out;
  for (const auto key : keys) append(out, out.empty() ? "" : ", ", key);
  return out;
}

ApiResult<void> restrict_new(const AdmissionRequest& request, std::string_view node) {
  const auto& wanted = *request.object;
  if (has_new_config_source(wanted, {})) {
    return deny(request, cat("node ", quoted(node),
                             " is not allowed to create pods with a non-nil configSource"));
  }
  const auto labels = forbidden_changes(codec::object_at(wanted, "metadata.labels"), {});
  if (labels.empty()) return {};
  return deny(request, cat("node ", quoted(node),
                           " is not allowed to set the following labels: ", joined(labels)));
}

ApiResult<void> restrict_change(const AdmissionRequest& request, std::string_view node) {
  const auto& wanted = *request.object;
  const auto& old = *request.old_object;
  const auto not_allowed = [&](std::string_view what) {
    return deny(request, cat("node ", quoted(node), " is not allowed to ", what));
  };
  if (has_new_config_source(wanted, old)) {
    return not_allowed("update configSource to a new non-nil configSource");
  }
  if (codec::array_at(wanted, "spec.taints") != codec::array_at(old, "spec.taints")) {
    return not_allowed("modify taints");
  }
  if (codec::array_at(wanted, "metadata.ownerReferences") !=
      codec::array_at(old, "metadata.ownerReferences")) {
    return not_allowed("modify ownerReferences");
  }
  const auto labels = forbidden_changes(codec::object_at(wanted, "metadata.labels"),
                                        codec::object_at(old, "metadata.labels"));
  if (labels.empty()) return {};
  return deny(request, cat("is not allowed to modify labels: ", joined(labels)));
}

}  // namespace

ApiResult<void> restrict_node_object(const AdmissionRequest& request, std::string_view node) {
  const bool create = request.operation == Operation::create;
  // A name that is still to be drawn cannot be the node's own.
  const bool drawn = create && codec::string_at(*request.object, "metadata.name").empty();
  if (drawn || request.name != node) {
    return deny(request, cat("node ", quoted(node), " is not allowed to modify node ",
                             quoted(request.name)));
  }
  if (create) return restrict_new(request, node);
  if (request.operation == Operation::update) return restrict_change(request, node);
  return {};
}

}  // namespace signet::access
