#include "cel/syntax_error.h"

#include <algorithm>

#include "base/cat.h"

namespace signet::cel {

std::string located(std::string_view text, std::size_t offset, std::string_view message) {
  constexpr std::size_t shown_max = 256;
  offset = std::min(offset, text.size());
  const auto before = text.substr(0, offset);
  const auto line_number = 1 + std::ranges::count(before, '\n');
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  // Continuation bytes of UTF-8 do not begin a character.
  const auto column = std::ranges::count_if(before.substr(line_start), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  auto out = cat("ERROR: <input>:", line_number, ':', column + 1, ": ", message);
  const auto line = text.substr(line_start, text.find('\n', line_start) - line_start);
  if (line.size() > shown_max) return out;
  append(out, "\n | ", line, "\n | ", std::string(static_cast<std::size_t>(column), '.'), '^');
  return out;
}

}  // namespace signet::cel
