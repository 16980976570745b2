#include "kinds/common.h"

#include <utility>

#include "machinery/age.h"

namespace signet::kinds {

using codec::Json;
using codec::JsonObject;

Json text_cell(const Json& object, std::string_view path, std::string_view otherwise) {
  const auto text = codec::string_at(object, path);
  return Json(text.empty() ? otherwise : text);
}

Json name_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "metadata.name");
}

Json age_cell(const Json& object, Instant now) {
  return Json(std::string_view(machinery::object_age(object, now)));
}

const Json* member(const Json& object, std::string_view key) {
  const auto* members = object.if_object();
  return members == nullptr ? nullptr : members->if_contains(key);
}

const Json* annotation(const Json& object, std::string_view key) {
  return codec::object_at(object, "metadata.annotations").if_contains(key);
}

void default_to(JsonObject& object, std::string_view key, Json value) {
  Json& current = object[key];
  if (current.is_null()) current = std::move(value);
}

void default_text(JsonObject& object, std::string_view key, std::string_view value) {
  Json& current = object[key];
  const auto* text = current.if_string();
  if (current.is_null() || (text != nullptr && text->empty())) current = value;
}

void keep_other_half(Json& object, const Json& old, machinery::Update what) {
  const auto take = [](JsonObject& to, std::string_view key, const Json* value) {
    if (value == nullptr) {
      to.erase(key);
    } else {
      to[key] = *value;
    }
  };
  if (what == machinery::Update::main) {
    take(object.as_object(), "status", member(old, "status"));
    return;
  }
  Json kept = old;
  take(kept.as_object(), "status", member(object, "status"));
  auto& metadata = codec::make_object_at(kept, "metadata");
  take(metadata, "labels", codec::find(object, "metadata.labels"));
  take(metadata, "annotations", codec::find(object, "metadata.annotations"));
  object = std::move(kept);
}

}  // namespace signet::kinds
