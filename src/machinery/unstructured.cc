#include "machinery/unstructured.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "machinery/normalise_scalar.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

// The kind of the Go value that a decoder without a type makes.
std::string_view go_kind(const Json& value) {
  if (value.is_object()) return "map";
  if (value.is_array()) return "slice";
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  return value.is_double() ? "float64" : "int64";
}

bool is_whole(const Json& value) {
  return !value.is_double() || value.get_double() == std::trunc(value.get_double());
}

std::string scalar_problem(Type type, const Json& value) {
  const bool number = value.is_number();
  const auto wanted = go_type_name(type);
  const auto unconvertible = [&] { return cat("cannot convert ", go_kind(value), " to ", wanted); };
  switch (type) {
    case Type::text:
      if (value.is_string()) return {};
      // Go lets whole numbers become the character of that code, so the converter says no itself.
      if (number && !value.is_double()) return unconvertible();
      return cat("unrecognized type: ", wanted);
    case Type::boolean:
      return value.is_bool() ? std::string() : cat("unrecognized type: ", wanted);
    case Type::int32:
    case Type::int64:
      if (!number) return cat("unrecognized type: ", wanted);
      return is_whole(value) ? std::string() : unconvertible();
    case Type::bytes:
      return value.is_string() ? std::string() : cat("cannot restore slice from ", go_kind(value));
    case Type::text_list:
      return value.is_array() ? std::string() : cat("cannot restore slice from ", go_kind(value));
    case Type::time:
    case Type::micro_time:
    case Type::quantity:
    case Type::int_or_string:
    case Type::message:
    case Type::raw:
      return {};
  }
  return {};
}

std::string element_problem(const Field& field, const Json& value) {
  if (value.is_null()) return {};
  if (field.type != Type::message) return scalar_problem(field.type, value);
  if (!value.is_object()) return cat("cannot restore struct from: ", go_kind(value));
  return conversion_problem(*field.schema, value);
}

std::string field_problem(const Field& field, const Json& value) {
  if (value.is_null()) return {};
  std::string problem;
  switch (field.shape) {
    case Shape::single:
      return element_problem(field, value);
    case Shape::list: {
      const JsonArray* list = value.if_array();
      if (list == nullptr) return cat("cannot restore slice from ", go_kind(value));
      for (const Json& element : *list) {
        problem = element_problem(field, element);
        if (!problem.empty()) break;
      }
      return problem;
    }
    case Shape::map: {
      const JsonObject* map = value.if_object();
      if (map == nullptr) return cat("cannot restore map from ", go_kind(value));
      for (const auto& member : *map) {
        problem = element_problem(field, member.value());
        if (!problem.empty()) break;
      }
      return problem;
    }
  }
  return problem;
}

}  // namespace

std::string go_text(const Json& value) {
  if (value.is_null()) return "<nil>";
  if (const auto* text = value.if_string()) return {text->data(), text->size()};
  std::vector<std::string> parts;
  if (const JsonArray* array = value.if_array()) {
    for (const Json& item : *array) parts.push_back(go_text(item));
  } else if (const JsonObject* object = value.if_object()) {
    for (const auto& member : *object) {
      parts.push_back(cat(std::string_view(member.key()), ":", go_text(member.value())));
    }
    std::ranges::sort(parts);
  } else {
    return codec::to_json(value);
  }
  std::string out = value.is_object() ? "map[" : "[";
  for (std::size_t i = 0; i < parts.size(); ++i) append(out, i == 0 ? "" : " ", parts[i]);
  return out + "]";
}

std::string conversion_problem(const Schema& schema, const Json& object) {
  const JsonObject* members = object.if_object();
  if (members == nullptr) return cat("cannot restore struct from: ", go_kind(object));
  for (const Field& field : schema.fields) {
    const Json* value = members->if_contains(field.name);
    if (value == nullptr) continue;
    auto problem = field_problem(field, *value);
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace signet::machinery
