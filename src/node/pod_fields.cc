#include "node/pod_fields.h"

#include <array>
#include <limits>
#include <map>

#include "base/cat.h"
#include "codec/go_quote.h"

namespace signet::node {
namespace {

using codec::Json;

std::string lines(const codec::JsonObject& map) {
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [key, value] : map) {
    if (value.is_string()) sorted.emplace(std::string_view(key), value.get_string());
  }
  std::string text;
  for (const auto& [key, value] : sorted) {
    if (!text.empty()) text += '\n';
    append(text, key, '=', codec::go_quote(value));
  }
  return text;
}

// metadata.labels['k'] gives ("metadata.labels", "k").
std::optional<std::pair<std::string_view, std::string_view>> subscript(std::string_view path) {
  const auto open = path.find("['");
  if (open == std::string_view::npos || !path.ends_with("']")) return std::nullopt;
  if (path.size() < open + 4) return std::nullopt;
  return std::pair(path.substr(0, open), path.substr(open + 2, path.size() - open - 4));
}

std::optional<std::uint32_t> id_at(const Json& object, std::string_view path) {
  const auto number = codec::int_at(object, path);
  if (!number || *number < 0 || *number >= std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

Result<std::string> pod_field(const Json& pod, std::string_view field_path) {
  constexpr std::array<std::string_view, 7> texts = {
      "metadata.name",           "metadata.namespace", "metadata.uid", "spec.nodeName",
      "spec.serviceAccountName", "status.hostIP",      "status.podIP"};
  for (const auto text : texts) {
    if (field_path == text) return std::string(codec::string_at(pod, text));
  }
  const auto is_map = [](std::string_view path) {
    return path == "metadata.labels" || path == "metadata.annotations";
  };
  if (is_map(field_path)) return lines(codec::object_at(pod, field_path));
  if (const auto part = subscript(field_path); part && is_map(part->first)) {
    const auto& map = codec::object_at(pod, part->first);
    const auto* value = map.if_contains(part->second);
    if (value == nullptr || !value->is_string()) return std::string();
    return std::string(value->get_string());
  }
  return fail(ErrorKind::invalid, cat("unsupported fieldPath: ", field_path));
}

std::optional<std::uint32_t> security_id(const Json& pod, const Json& container,
                                         std::string_view field) {
  if (const auto own = id_at(container, cat("securityContext.", field))) return own;
  return id_at(pod, cat("spec.securityContext.", field));
}

VolumeOwner volume_owner(const Json& pod) {
  VolumeOwner owner;
  owner.group = id_at(pod, "spec.securityContext.fsGroup");
  bool differ = false;
  for (const std::string_view list : {"spec.initContainers", "spec.containers"}) {
    for (const auto& container : codec::array_at(pod, list)) {
      const auto user = security_id(pod, container, "runAsUser");
      differ = differ || !user || (owner.user && *owner.user != *user);
      owner.user = user;
    }
  }
  if (differ) owner.user.reset();
  return owner;
}

}  // namespace signet::node
