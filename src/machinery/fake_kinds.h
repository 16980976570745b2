// Two kinds for tests of what is made from kinds: Widget, kept, namespaced, with a status, a
// subresource of another group and columns; and WidgetReview, only asked.
#pragma once

#include <array>

#include "machinery/kind.h"
#include "machinery/registry.h"

namespace signet::machinery::fake {

inline constexpr std::string_view all_verbs[] = {"get",    "list",  "watch",  "create",
                                                 "update", "patch", "delete", "deletecollection"};
inline constexpr std::string_view create_only[] = {"create"};
inline constexpr std::string_view status_verbs[] = {"get", "patch", "update"};
inline constexpr std::string_view widget_short_names[] = {"wd"};
inline constexpr std::string_view widget_categories[] = {"all"};

inline constexpr Field part_fields[] = {
    text(1, "name").required(),
    int32(2, "count").optional(),
};
inline constexpr Schema part{"Part", part_fields};

inline constexpr Field widget_fields[] = {
    message(1, "metadata", object_meta), list(2, "parts", part).merged_by("name"),
    map_of(3, "data", Type::bytes),      scalar(4, "port", Type::int_or_string),
    boolean(5, "ready").optional(),
};
inline constexpr Schema widget_schema{"Widget", widget_fields};

inline constexpr Subresource widget_subresources[] = {
    {.name = "status", .kind = "Widget", .group = {}, .version = {}, .verbs = status_verbs},
    {.name = "ask",
     .kind = "WidgetReview",
     .group = "review.example",
     .version = "v1",
     .verbs = create_only},
};

inline codec::Json widget_name(const codec::Json& object, Instant /*now*/) {
  return codec::Json(codec::string_at(object, "metadata.name"));
}
inline codec::Json widget_parts(const codec::Json& object, Instant /*now*/) {
  return codec::Json(codec::array_at(object, "parts").size());
}

inline constexpr Column widget_columns[] = {
    {.name = "Name", .format = "name", .description = "The name.", .cell = widget_name},
    {.name = "Parts",
     .type = "integer",
     .format = {},
     .description = "How many \"parts\".",
     .priority = 1,
     .cell = widget_parts},
};

// How many parts there are: what is read of a widget without parsing it.
struct CompiledWidget final : Compiled {
  std::size_t parts = 0;
};
inline std::unique_ptr<const Compiled> compile_widget(const codec::Json& object) {
  auto out = std::make_unique<CompiledWidget>();
  out->parts = codec::array_at(object, "parts").size();
  return out;
}
// Widgets are found by the names of their parts.
inline void index_widget(const codec::Json& object, std::vector<std::string>& keys) {
  for (const auto& one : codec::array_at(object, "parts")) {
    keys.emplace_back(codec::string_at(one, "name"));
  }
}

inline const Kind& widget() {
  static constexpr Kind kind{
      .group = "",
      .version = "v1",
      .kind = "Widget",
      .plural = "widgets",
      .singular = "widget",
      .short_names = widget_short_names,
      .categories = widget_categories,
      .verbs = all_verbs,
      .scope = Scope::namespaced,
      .schema = &widget_schema,
      .has_status = true,
      .subresources = widget_subresources,
      .selectable = {},
      .columns = widget_columns,
      .compile = compile_widget,
      .index = index_widget,
  };
  return kind;
}

inline const Kind& widget_review() {
  static constexpr Kind kind{
      .group = "review.example",
      .version = "v1",
      .kind = "WidgetReview",
      .plural = "widgetreviews",
      .singular = "widgetreview",
      .short_names = {},
      .categories = {},
      .verbs = create_only,
      .scope = Scope::cluster,
      .schema = &part,
      .stored = false,
      .subresources = {},
      .selectable = {},
      .columns = {},
  };
  return kind;
}

inline const Registry& registry() {
  static const std::array<const Kind*, 2> kinds = {&widget(), &widget_review()};
  static const Registry registry(kinds);
  return registry;
}

}  // namespace signet::machinery::fake
