// One string or bytes literal: its prefixes, quotes and escapes.
//
// Source   CEL language definition, "String and Bytes Values".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace signet::cel {

struct StringLiteral {
  std::size_t size = 0;  // of the literal as written
  bool bytes = false;
  std::string value;
};

// The literal at the start of `text`; empty when there is none there, or it is not well-formed.
std::optional<StringLiteral> string_literal(std::string_view text);
// Whether `text` starts with prefixes and a quote, so that only a literal can be meant.
bool starts_string_literal(std::string_view text);

}  // namespace signet::cel
