// JSON values that are changed: parse strictly, edit, write.
//
//   TRY(auto document, parse_json(body, {}));
//   auto& metadata = object_at(document.value, "metadata");
//
// Shape    boost::json values; members keep the order they came in. Numbers beyond 64 bits become
//          doubles.
// Errors   invalid, with what is wrong and the byte offset. Never part of the input beyond one
//          character or the path of a name.
// Limits   ParseLimits; deeper or larger input is refused, never recursed into.
// Source   RFC 8259. Duplicate names: the last wins, and each is reported (RFC 8259 s4 leaves it
//          open; Kubernetes takes the last and warns).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signet::codec {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

struct ParseLimits {
  std::size_t bytes_max = std::size_t{3} * 1024 * 1024;
  std::size_t depth_max = 64;        // arrays and objects inside each other
  std::size_t members_max = 16'384;  // of one object: its hash table has no secret seed
};

struct JsonDocument {
  Json value;
  // Paths of names that occurred more than once: "spec.containers[0].name". At most 16, and safe to
  // print (see excerpt).
  std::vector<std::string> duplicates;
};

// The whole of `text` must be one value; white space around it is fine.
Result<JsonDocument> parse_json(std::string_view text, const ParseLimits& limits);

// As parse_json, but a duplicate name is an error: for signed claims and headers.
Result<Json> parse_json_strict(std::string_view text, const ParseLimits& limits);

enum class Escape : std::uint8_t {
  plain,  // only what RFC 8259 requires
  html,   // as Go's encoder: < > & as \u003c \u003e \u0026, and U+2028, U+2029
};

// Compact, members in their order. Text that is not UTF-8 becomes U+FFFD, a number that JSON cannot
// spell null; doubles are spelled as Go spells them.
void append_json(std::string& out, const Json& value, Escape escape = Escape::plain);
std::string to_json(const Json& value, Escape escape = Escape::plain);
// Two spaces a level, as `kubectl get --raw` users expect of ?pretty=true.
std::string to_pretty_json(const Json& value);

// A quoted JSON string.
void append_json_string(std::string& out, std::string_view text, Escape escape = Escape::plain);

// Looks up a dotted path through objects ("metadata.name"). Null when anything on the way is
// missing or no object.
const Json* find(const Json& value, std::string_view dotted_path);
Json* find(Json& value, std::string_view dotted_path);

// The string (integer, bool) at a dotted path; empty (nullopt) when missing or of another type.
std::string_view string_at(const Json& value, std::string_view dotted_path);
std::optional<std::int64_t> int_at(const Json& value, std::string_view dotted_path);
std::optional<bool> bool_at(const Json& value, std::string_view dotted_path);
// The object or array at a dotted path, or a shared empty one.
const JsonObject& object_at(const Json& value, std::string_view dotted_path);
const JsonArray& array_at(const Json& value, std::string_view dotted_path);
// The object at a dotted path, created (with its parents) where it is missing or no object.
JsonObject& make_object_at(Json& value, std::string_view dotted_path);

}  // namespace signet::codec
