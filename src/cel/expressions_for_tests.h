// Runs expressions over one set of claims. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/cat.h"
#include "cel/from_json.h"
#include "cel/program.h"

namespace signet::cel {

inline Environment environment() {
  return {.variables = {{.name = "claims", .type = Type::map_of(Type::of(Kind::string), Type{})}}};
}

inline Value claims() {
  static const auto value = from_json(codec::parse_json(R"({
    "sub": "119abc", "hd": "example.com", "exp": 1703234972, "iat": 1701107233, "ratio": 0.5,
    "big": 9223372036854775807, "bigger": 9223372036854775808, "on": true, "nothing": null,
    "groups": ["admins", "devs"], "mixed": ["a", 1, true], "empty": [],
    "nested": {"roles": ["r1", "r2"], "n": 1}, "wide": "\u00e9\ud83d\ude00z", "zero": 0})",
                                                        {})
                                          .value()
                                          .value);
  return value;
}

// A value as an expression would spell it; doubles end with d.
inline std::string spelled(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::unsigned_integer:
      return cat(value.unsigned_integer(), 'u');
    case Kind::floating:
      return cat(floating_text(value.floating()), 'd');
    case Kind::string:
      return cat('"', value.text(), '"');
    case Kind::bytes:
      return cat("b\"", value.raw_bytes(), '"');
    case Kind::list: {
      std::string out = "[";
      for (const auto& element : value.list()) {
        append(out, out.size() > 1 ? ", " : "", spelled(element));
      }
      return out += ']';
    }
    case Kind::map: {
      std::string out = "{";
      for (const auto& [key, member] : value.map()) {
        append(out, out.size() > 1 ? ", " : "", spelled(key), ": ", spelled(member));
      }
      return out += '}';
    }
    case Kind::optional:
      return value.content() == nullptr ? "none" : cat("some(", spelled(*value.content()), ')');
    default:
      return std::string(to_string(value.kind() == Kind::type ? value.type() : value.kind()));
  }
}

// What comes out; "error: ..." where it cannot be evaluated, the compiler's message where it cannot
// be compiled.
inline std::string run(std::string_view text) {
  const auto program = Program::compile(text, environment());
  if (!program) return program.error().message;
  const auto value = program->evaluate({{"claims", claims()}});
  return value ? spelled(*value) : cat("error: ", value.error().message);
}

struct Row {
  std::string_view expression;
  std::string_view result;
};
inline void expect_all(std::initializer_list<Row> rows) {
  for (const auto& row : rows) EXPECT_EQ(run(row.expression), row.result) << row.expression;
}

}  // namespace signet::cel
