// What the kinds of this folder share: verb lists and table cells.
//
// Source   api.md A.2 (verbs), D (cells).
#pragma once

#include <string_view>

#include "base/clock.h"
#include "codec/json.h"
#include "machinery/kind.h"

namespace signet::kinds {

inline constexpr std::string_view all_verbs[] = {"create", "delete", "deletecollection", "get",
                                                 "list",   "patch",  "update",           "watch"};
inline constexpr std::string_view create_verb[] = {"create"};
inline constexpr std::string_view update_verb[] = {"update"};
inline constexpr std::string_view status_verbs[] = {"get", "patch", "update"};

inline codec::Json text_cell(std::string_view text) {
  return codec::Json(text);
}
// `otherwise` where the object has no such text, or an empty one.
codec::Json text_cell(const codec::Json& object, std::string_view path,
                      std::string_view otherwise = {});
codec::Json name_cell(const codec::Json& object, Instant now);
codec::Json age_cell(const codec::Json& object, Instant now);

inline constexpr machinery::Column name_column{
    .name = "Name", .format = "name", .description = "Name of the object", .cell = name_cell};
inline constexpr machinery::Column age_column{
    .name = "Age", .description = "Time since the object was created", .cell = age_cell};

constexpr machinery::Column column(std::string_view name, std::string_view description,
                                   int priority, codec::Json (*cell)(const codec::Json&, Instant)) {
  return {.name = name, .description = description, .priority = priority, .cell = cell};
}

// Empty where it is no text.
inline std::string_view text_of(const codec::Json& value) {
  const auto* text = value.if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

// The object at a key of `object`, or nothing.
const codec::Json* member(const codec::Json& object, std::string_view key);
// The value of metadata.annotations[key]; nothing where it is not set.
const codec::Json* annotation(const codec::Json& object, std::string_view key);

// Sets `key` of `object` where it is missing or null.
void default_to(codec::JsonObject& object, std::string_view key, codec::Json value);
// As default_to, and also where it is an empty string, as Go sees both.
void default_text(codec::JsonObject& object, std::string_view key, std::string_view value);

// For kinds with a status: a main write keeps the status, a write to /status keeps all the rest but
// labels and annotations (api.md B.4).
void keep_other_half(codec::Json& object, const codec::Json& old, machinery::Update what);

}  // namespace signet::kinds
