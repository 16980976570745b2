// Cuts an expression into words.
//
// Errors   invalid, located (syntax_error.h): a character or literal that CEL does not have, or
//          text that is not UTF-8.
// Source   CEL language definition, "Syntax".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signet::cel {

struct Token {
  enum class Kind : std::uint8_t {
    end,
    name,
    reserved,
    symbol,
    whole,
    unsigned_whole,
    real,
    string,
    bytes
  };
  Kind kind = Kind::end;
  std::size_t offset = 0;
  std::string_view text;  // as written
  std::string value;      // of string and bytes: unescaped
};

// Ends with a token of kind `end`.
Result<std::vector<Token>> lex(std::string_view text);

}  // namespace signet::cel
