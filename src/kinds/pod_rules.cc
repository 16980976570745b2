#include "kinds/pod_rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/container_rules.h"
#include "kinds/handler_rules.h"
#include "kinds/pod_host_rules.h"
#include "kinds/pod_placement_rules.h"
#include "kinds/pod_volume_rules.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using codec::JsonArray;
using machinery::FieldErrors;
using machinery::NameRule;
using machinery::quoted;

constexpr std::string_view ordinary = "spec.containers";
constexpr std::string_view initial = "spec.initContainers";
constexpr std::string_view ephemeral = "spec.ephemeralContainers";

// What a container may have depends on when it runs.
void validate_kind_of_container(const Json& container, std::string_view list,
                                const std::string& where, FieldErrors& errors) {
  const auto* policy = member(container, "restartPolicy");
  if (policy != nullptr && list == ordinary) {
    errors.forbidden(where + ".restartPolicy", "may not be set for non-init containers");
  } else if (policy != nullptr && list == initial && *policy != "Always") {
    errors.unsupported(where + ".restartPolicy", codec::to_json(*policy), {"Always"});
  }
  const bool sidecar = policy != nullptr && *policy == "Always";
  if (list != ephemeral) validate_handlers(container, where, list == ordinary || sidecar, errors);
}

void validate_containers(const Json& pod, const VolumeNames& volumes, FieldErrors& errors) {
  if (codec::array_at(pod, "spec.containers").empty()) errors.required("spec.containers");
  std::set<std::string_view> names;
  for (const std::string_view list : {ordinary, initial, ephemeral}) {
    std::size_t index = 0;
    for (const Json& container : codec::array_at(pod, list)) {
      const auto where = cat(list, '[', index++, ']');
      validate_container(container, where, volumes, errors);
      const auto name = codec::string_at(container, "name");
      if (!name.empty() && !names.insert(name).second) {
        errors.duplicate(cat(where, ".name"), quoted(name));
      }
      validate_kind_of_container(container, list, where, errors);
    }
    if (list != ephemeral) validate_host_ports(pod, list, errors);
  }
}

void validate_choice(const Json& pod, std::string_view path,
                     const std::vector<std::string_view>& supported, FieldErrors& errors) {
  const auto value = codec::string_at(pod, path);
  if (value.empty()) return errors.required(std::string(path));
  if (std::ranges::find(supported, value) != supported.end()) return;
  errors.unsupported(std::string(path), quoted(value), supported);
}

void validate_deadline(const Json& pod, FieldErrors& errors) {
  constexpr std::int64_t seconds_max = 2147483647;
  const auto seconds = codec::int_at(pod, "spec.activeDeadlineSeconds");
  if (!seconds || (*seconds >= 1 && *seconds <= seconds_max)) return;
  errors.invalid("spec.activeDeadlineSeconds", cat(*seconds),
                 "must be between 1 and 2147483647, inclusive");
}

bool same_but_seconds(Json left, Json right) {
  left.as_object().erase("tolerationSeconds");
  right.as_object().erase("tolerationSeconds");
  return left == right;
}

void validate_added_tolerations(const JsonArray& wanted, const JsonArray& old,
                                FieldErrors& errors) {
  const bool kept = std::ranges::all_of(old, [&](const Json& before) {
    return std::ranges::any_of(wanted,
                               [&](const Json& now) { return same_but_seconds(before, now); });
  });
  if (kept) return;
  errors.forbidden("spec.tolerations",
                   "existing toleration can not be modified except its tolerationSeconds");
}

void validate_deadline_update(const Json& pod, const Json& old, FieldErrors& errors) {
  constexpr std::string_view path = "spec.activeDeadlineSeconds";
  const auto before = codec::int_at(old, path);
  const auto now = codec::int_at(pod, path);
  if (!before) return;
  if (!now) {
    errors.invalid(std::string(path), quoted("null"),
                   "must not update from a positive integer to nil value");
  } else if (*now > *before) {
    errors.invalid(std::string(path), cat(*now), "must be less than or equal to previous value");
  }
}

// A copy of the spec in which everything that may change is as it was.
Json with_old_mutables(const Json& spec, const Json& old) {
  Json copy = spec;
  auto& members = copy.as_object();
  for (const auto list : {"containers", "initContainers"}) {
    auto* containers = codec::find(copy, list);
    if (containers == nullptr || !containers->is_array()) continue;
    const auto& before = codec::array_at(old, list);
    for (std::size_t i = 0; i < containers->get_array().size() && i < before.size(); ++i) {
      const auto* image = member(before[i], "image");
      if (image != nullptr) containers->get_array()[i].as_object()["image"] = *image;
    }
  }
  for (const auto key : {"activeDeadlineSeconds", "tolerations"}) {
    const auto* before = member(old, key);
    if (before == nullptr) {
      members.erase(key);
    } else {
      members[key] = *before;
    }
  }
  constexpr std::string_view grace = "terminationGracePeriodSeconds";
  const auto before = codec::int_at(old, grace);
  if (before && *before < 0 && codec::int_at(copy, grace) == 1) members[grace] = *before;
  return copy;
}

std::string changed_members(const Json& left, const Json& right) {
  std::set<std::string_view> names;
  for (const auto& entry : left.get_object()) {
    const auto* other = member(right, entry.key());
    if (other == nullptr || *other != entry.value()) names.insert(entry.key());
  }
  for (const auto& entry : right.get_object()) {
    if (member(left, entry.key()) == nullptr) names.insert(entry.key());
  }
  std::string text;
  for (const auto name : names) append(text, text.empty() ? "" : ", ", "spec.", name);
  return text;
}

}  // namespace

void validate_pod(const Json& pod, FieldErrors& errors) {
  const auto volumes = validate_volumes(pod, errors);
  validate_containers(pod, volumes, errors);
  validate_choice(pod, "spec.restartPolicy", {"Always", "OnFailure", "Never"}, errors);
  validate_dns(pod, errors);
  validate_node_selector(pod, errors);
  validate_pod_security(pod, errors);
  validate_affinity(pod, errors);
  validate_topology_spread(pod, errors);
  const auto account = codec::string_at(pod, "spec.serviceAccountName");
  if (!account.empty()) {
    machinery::validate_name(NameRule::dns_subdomain, account, "spec.serviceAccountName", errors);
  }
  const auto node = codec::string_at(pod, "spec.nodeName");
  if (!node.empty()) {
    machinery::validate_name(NameRule::dns_subdomain, node, "spec.nodeName", errors);
  }
  validate_deadline(pod, errors);
  validate_host_names(pod, errors);
  validate_tolerations(pod, errors);
  validate_host_aliases(pod, errors);
  // They are added to a pod that runs, by a subresource that is not served.
  if (!codec::array_at(pod, "spec.ephemeralContainers").empty()) {
    errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
  }
}

void validate_pod_update(const Json& pod, const Json& old, machinery::Update what,
                         FieldErrors& errors) {
  if (what == machinery::Update::status) return;
  const auto* spec = member(pod, "spec");
  const auto* before = member(old, "spec");
  if (spec == nullptr || before == nullptr || !spec->is_object() || !before->is_object()) return;
  for (const auto list : {"containers", "initContainers"}) {
    if (codec::array_at(*spec, list).size() == codec::array_at(*before, list).size()) continue;
    return errors.forbidden(cat("spec.", std::string_view(list)),
                            "pod updates may not add or remove containers");
  }
  validate_deadline_update(pod, old, errors);
  validate_added_tolerations(codec::array_at(*spec, "tolerations"),
                             codec::array_at(*before, "tolerations"), errors);

  const auto comparable = with_old_mutables(*spec, *before);
  if (comparable == *before) return;
  errors.forbidden(
      "spec",
      cat("pod updates may not change fields other than `spec.containers[*].image`, "
          "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` "
          "(only additions to existing tolerations)\n  changed: ",
          changed_members(comparable, *before), '\n'));
}

}  // namespace signet::kinds
