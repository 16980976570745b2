#include "machinery/finalizers.h"

#include <algorithm>

namespace signet::machinery {

using codec::Json;

bool has_finalizer(const Json& object, std::string_view name) {
  return std::ranges::find(codec::array_at(object, "metadata.finalizers"), Json(name)) !=
         codec::array_at(object, "metadata.finalizers").end();
}

void remove_finalizer(Json& object, std::string_view name) {
  if (!has_finalizer(object, name)) return;
  codec::JsonArray kept;
  for (const Json& finalizer : codec::array_at(object, "metadata.finalizers")) {
    if (finalizer != Json(name)) kept.push_back(finalizer);
  }
  auto& metadata = codec::make_object_at(object, "metadata");
  if (kept.empty()) {
    metadata.erase("finalizers");
  } else {
    metadata["finalizers"] = std::move(kept);
  }
}

Cascade cascade_of(const Json& object) {
  if (codec::string_at(object, "metadata.deletionTimestamp").empty()) return Cascade::none;
  // Orphaning first, where both are set in spite of the validation.
  if (has_finalizer(object, orphan_finalizer)) return Cascade::orphan;
  return has_finalizer(object, foreground_finalizer) ? Cascade::foreground : Cascade::none;
}

void apply_propagation(Json& object, std::string_view policy) {
  if (policy.empty()) return;
  if (policy != "Orphan") remove_finalizer(object, orphan_finalizer);
  if (policy != "Foreground") remove_finalizer(object, foreground_finalizer);
  const auto wanted = policy == "Orphan"       ? orphan_finalizer
                      : policy == "Foreground" ? foreground_finalizer
                                               : std::string_view{};
  if (wanted.empty() || has_finalizer(object, wanted)) return;
  auto& finalizers = codec::make_object_at(object, "metadata")["finalizers"];
  if (!finalizers.is_array()) finalizers.emplace_array();
  finalizers.as_array().emplace_back(wanted);
}

}  // namespace signet::machinery
