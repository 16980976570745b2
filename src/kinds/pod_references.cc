#include "access/pod_references.h"

#include <algorithm>
#include <array>
#include <span>

namespace signet::access {
namespace {

// A member of that name holds an object (or a list of objects) whose `member` is the name.
struct Place {
  std::string_view holder;
  std::string_view member;
};

constexpr std::array<Place, 5> secret_places{{
    {"secretKeyRef", "name"},
    {"secretRef", "name"},
    {"secret", "secretName"},
    {"secret", "name"},
    {"imagePullSecrets", "name"},
}};
constexpr std::array<Place, 3> config_map_places{{
    {"configMapKeyRef", "name"},
    {"configMapRef", "name"},
    {"configMap", "name"},
}};
constexpr std::array<Place, 1> claim_places{{{"persistentVolumeClaim", "claimName"}}};

bool names(const codec::Json& holder, std::string_view member, std::string_view name) {
  const auto found = codec::string_at(holder, member);
  return name.empty() ? !found.empty() : found == name;
}

bool mentions(const codec::Json& value, std::span<const Place> places, std::string_view name) {
  if (const auto* list = value.if_array()) {
    return std::ranges::any_of(*list, [&](const auto& e) { return mentions(e, places, name); });
  }
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  for (const auto& [holder, member] : places) {
    const auto* held = object->if_contains(holder);
    if (held == nullptr) continue;
    if (names(*held, member, name)) return true;
    if (const auto* list = held->if_array()) {
      for (const auto& entry : *list) {
        if (names(entry, member, name)) return true;
      }
    }
  }
  return std::ranges::any_of(*object,
                             [&](const auto& m) { return mentions(m.value(), places, name); });
}

}  // namespace

bool refers(const codec::Json& spec, Referred what, std::string_view name) {
  switch (what) {
    case Referred::secret:
      return mentions(spec, secret_places, name);
    case Referred::config_map:
      return mentions(spec, config_map_places, name);
    case Referred::claim:
      break;
  }
  return mentions(spec, claim_places, name);
}

bool is_mirror_pod(const codec::Json& pod) {
  return codec::object_at(pod, "metadata.annotations").contains("kubernetes.io/config.mirror");
}

}  // namespace signet::access
