#include "cel/code_points.h"

#include <algorithm>

#include "base/utf8.h"

namespace signet::cel {
namespace {

bool begins(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// Unicode, property White_Space.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

std::int64_t length(std::string_view text) {
  return std::ranges::count_if(text, begins);
}

std::optional<std::size_t> byte_offset(std::string_view text, std::int64_t index) {
  if (index < 0) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (begins(text[at]) && index-- == 0) return at;
  }
  return index == 0 ? std::optional(text.size()) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty()) {
    const auto size = std::max<std::size_t>(utf8_sequence(text), 1);
    if (!is_space(code_point(text.substr(0, size)))) break;
    text.remove_prefix(size);
  }
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && !begins(text[start])) --start;
    if (!is_space(code_point(text.substr(start)))) break;
    text = text.substr(0, start);
  }
  return text;
}

}  // namespace signet::cel
