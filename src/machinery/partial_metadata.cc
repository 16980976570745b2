#include "machinery/partial_metadata.h"

#include <cstddef>

#include "base/cat.h"

namespace signet::machinery {
namespace {

// The end of the JSON value that starts at `at` in a valid document.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  for (bool in_string = false; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

// The bytes of a member of a compact object: no parsing, because they are sent as they are.
std::string_view member(std::string_view json, std::string_view name) {
  std::size_t at = 1;
  while (at + 1 < json.size()) {
    const auto key_end = json.find('"', at + 1);
    if (key_end == std::string_view::npos) break;
    const auto key = json.substr(at + 1, key_end - at - 1);
    const auto end = end_of_value(json, key_end + 2);
    if (key == name) return json.substr(key_end + 2, end - key_end - 2);
    at = end + 1;
  }
  return "{}";
}

}  // namespace

std::string partial_metadata_json(const Object& object, std::string_view version) {
  return cat(R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)", version,
             R"(","metadata":)", member(object.json(), "metadata"), '}');
}

}  // namespace signet::machinery
