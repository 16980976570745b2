#include "node/go_quote.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include <cstddef>

namespace signet::node {
namespace {

struct Rune {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

Rune decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {.value = lead, .bytes = 1, .valid = true};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t value = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) return {};
    value = (value << 6U) | (next & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest.at(bytes) || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return {};
  }
  return {.value = value, .bytes = bytes, .valid = true};
}

// Spaces other than ' ', format characters, private use and non-characters.
bool is_printable(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad) return false;
  if (c == 0x1680 || c == 0x180e || c == 0x3000 || c == 0xfeff) return false;
  if ((c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f)) return false;
  if (c >= 0x205f && c <= 0x206f) return false;
  if ((c >= 0xe000 && c <= 0xf8ff) || (c >= 0xfff0 && c <= 0xfffb)) return false;
  return (c & 0xfffeU) != 0xfffeU && c < 0xe0000;
}

template <typename... Arguments>
void append_format(std::string& out, const char* format, Arguments... arguments) {
  std::array<char, 16> text{};
  // NOLINTNEXTLINE: the formats are the literals below
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(text.data(), text.size(), format, arguments...);
#pragma clang diagnostic pop
  out += text.data();
}

void append_escape(std::string& out, char32_t c) {
  constexpr std::string_view named = "\a\b\f\n\r\t\v";
  constexpr std::string_view letters = "abfnrtv";
  if (c < 0x80) {
    if (const auto at = named.find(static_cast<char>(c)); at != std::string_view::npos) {
      out += '\\';
      out += letters[at];
    } else {
      append_format(out, "\\x%02x", static_cast<unsigned>(c));
    }
  } else if (c < 0x10000) {
    append_format(out, "\\u%04x", static_cast<unsigned>(c));
  } else {
    append_format(out, "\\U%08x", static_cast<unsigned>(c));
  }
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto rune = decode(text);
    if (!rune.valid) {
      append_format(out, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
    } else if (rune.value == U'"' || rune.value == U'\\') {
      out += '\\';
      out += text[0];
    } else if (is_printable(rune.value)) {
      out += text.substr(0, rune.bytes);
    } else {
      append_escape(out, rune.value);
    }
    text.remove_prefix(rune.bytes);
  }
  out += '"';
  return out;
}

}  // namespace signet::node
