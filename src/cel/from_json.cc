#include "cel/from_json.h"

#include <utility>

namespace signet::cel {

// As deep as the JSON, which its reader has limited.
Value from_json(const codec::Json& json) {
  if (json.is_bool()) return Value::of(json.get_bool());
  if (json.is_int64()) return Value::of(json.get_int64());
  if (json.is_uint64()) return Value::of(static_cast<double>(json.get_uint64()));
  if (json.is_double()) return Value::of(json.get_double());
  if (json.is_string()) return Value::of(std::string_view(json.get_string()));
  if (json.is_array()) {
    List elements;
    elements.reserve(json.get_array().size());
    for (const auto& element : json.get_array()) elements.push_back(from_json(element));
    return Value::of(std::move(elements));
  }
  if (json.is_object()) {
    Map entries;
    for (const auto& [name, member] : json.get_object()) {
      entries.insert_or_assign(Value::of(std::string_view(name)), from_json(member));
    }
    return Value::of(std::move(entries));
  }
  return {};
}

}  // namespace signet::cel
