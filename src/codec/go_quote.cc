#include "codec/go_quote.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace signet::codec {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Beyond ASCII, what can occur in practice of what Go escapes: C1 controls, spaces, format
// characters, private use and what is no character.
constexpr std::array<Range, 18> hidden{{{0x80, 0xA0},
                                        {0xAD, 0xAD},
                                        {0x600, 0x605},
                                        {0x61C, 0x61C},
                                        {0x6DD, 0x6DD},
                                        {0x70F, 0x70F},
                                        {0x1680, 0x1680},
                                        {0x180E, 0x180E},
                                        {0x2000, 0x200F},
                                        {0x2028, 0x202F},
                                        {0x205F, 0x206F},
                                        {0x3000, 0x3000},
                                        {0xE000, 0xF8FF},
                                        {0xFDD0, 0xFDEF},
                                        {0xFEFF, 0xFEFF},
                                        {0xFFF0, 0xFFFB},
                                        {0xE0000, 0xE00FF},
                                        {0xE01F0, 0x10FFFF}}};

bool is_printable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c != 0x7F;
  if ((c & 0xFFFEU) == 0xFFFEU) return false;
  return std::ranges::none_of(
      hidden, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

void append_hex(std::string& out, std::string_view prefix, char32_t value, unsigned digits) {
  out += prefix;
  for (unsigned shift = digits * 4; shift > 0; shift -= 4) {
    out += "0123456789abcdef"[(value >> (shift - 4)) & 0xFU];
  }
}

void append_escaped(std::string& out, char32_t c) {
  constexpr std::string_view named = "\a\b\f\n\r\t\v";
  constexpr std::string_view letters = "abfnrtv";
  if (c >= 0x10000) return append_hex(out, "\\U", c, 8);
  if (c >= 0x80) return append_hex(out, "\\u", c, 4);
  const auto name = named.find(static_cast<char>(c));
  if (name == std::string_view::npos) return append_hex(out, "\\x", c, 2);
  out += '\\';
  out += letters[name];
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    if (length == 0) {
      append_hex(out, "\\x", static_cast<unsigned char>(text.front()), 2);
      text.remove_prefix(1);
      continue;
    }
    const auto character = text.substr(0, length);
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (const auto c = code_point(character); is_printable(c)) {
      out += character;
    } else {
      append_escaped(out, c);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

template <typename Text>
std::string quote_list(std::span<const Text> texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ' ';
    append_quoted(out, text);
  }
  return out += ']';
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string go_quote_list(std::span<const std::string> texts) {
  return quote_list(texts);
}

std::string go_quote_list(std::span<const std::string_view> texts) {
  return quote_list(texts);
}

bool is_go_printable(std::string_view character) {
  const auto length = utf8_sequence(character);
  return length > 0 && length == character.size() && is_printable(code_point(character));
}

}  // namespace signet::codec
