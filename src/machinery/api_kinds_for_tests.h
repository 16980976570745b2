// Two more kinds for tests of the Api: Gadget, namespaced, with a spec, a status, grace and a rule
// or two; and Realm, of the cluster, made by PUT where it is missing.
#pragma once

#include <array>

#include "machinery/fake_kinds.h"

namespace signet::machinery::fake {

inline constexpr Field gadget_spec_fields[] = {
    text(1, "owner"),
    int64(2, "size").optional(),
    boolean(3, "on"),
};
inline constexpr Schema gadget_spec{"GadgetSpec", gadget_spec_fields};
inline constexpr Field gadget_status_fields[] = {text(1, "phase")};
inline constexpr Schema gadget_status{"GadgetStatus", gadget_status_fields};
inline constexpr Field gadget_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", gadget_spec),
    message(3, "status", gadget_status),
};
inline constexpr Schema gadget_schema{"Gadget", gadget_fields};
inline constexpr std::string_view gadget_selectable[] = {"spec.owner", "spec.on"};

inline void keep_gadget_half(codec::Json& object, const codec::Json& old, Update what) {
  const std::string_view kept = what == Update::main ? "status" : "spec";
  const auto* value = codec::find(old, kept);
  object.as_object()[kept] = value == nullptr ? codec::Json(codec::JsonObject{}) : *value;
}
inline std::chrono::seconds gadget_grace(const codec::Json& object,
                                         std::optional<std::chrono::seconds> requested) {
  if (codec::string_at(object, "spec.owner").empty()) return std::chrono::seconds{0};
  return requested.value_or(std::chrono::seconds{30});
}
inline void label_with_name(codec::Json& object) {
  const auto name = codec::string_at(object, "metadata.name");
  if (name.empty()) return;
  const codec::Json value(name);
  codec::make_object_at(object, "metadata.labels")["name"] = value;
}
inline std::optional<std::string> keep_first_realm(std::string_view name) {
  if (name != "first") return std::nullopt;
  return "this realm may not be deleted";
}

inline const Kind& gadget() {
  static constexpr Kind kind{
      .group = "toys.example",
      .version = "v1",
      .kind = "Gadget",
      .plural = "gadgets",
      .singular = "gadget",
      .short_names = {},
      .categories = {},
      .verbs = all_verbs,
      .scope = Scope::namespaced,
      .schema = &gadget_schema,
      .has_status = true,
      .has_generation = true,
      .delete_reply = DeleteReply::object,
      .subresources = {},
      .selectable = gadget_selectable,
      .columns = {},
      .prepare_update = keep_gadget_half,
      .deletion_grace = gadget_grace,
  };
  return kind;
}

inline const Kind& realm() {
  static constexpr Kind kind{
      .group = "",
      .version = "v1",
      .kind = "Realm",
      .plural = "realms",
      .singular = "realm",
      .short_names = {},
      .categories = {},
      .verbs = all_verbs,
      .scope = Scope::cluster,
      .schema = &widget_schema,
      .create_on_update = true,
      .subresources = {},
      .selectable = {},
      .columns = {},
      .set_defaults = label_with_name,
      .refuse_delete = keep_first_realm,
  };
  return kind;
}

inline const Registry& api_registry() {
  static const std::array<const Kind*, 4> kinds = {&realm(), &widget(), &widget_review(),
                                                   &gadget()};
  static const Registry registry(kinds);
  return registry;
}

}  // namespace signet::machinery::fake
