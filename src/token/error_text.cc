#include "token/error_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/cat.h"

namespace signet::token {

namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Outside ASCII, the ranges Go's unicode.IsPrint refuses that can occur in practice: C1 controls,
// spaces, format characters, private use and non-characters.
constexpr std::array<Range, 17> unprintable{{{0x80, 0xa0},
                                             {0xad, 0xad},
                                             {0x600, 0x605},
                                             {0x61c, 0x61c},
                                             {0x6dd, 0x6dd},
                                             {0x70f, 0x70f},
                                             {0x1680, 0x1680},
                                             {0x180e, 0x180e},
                                             {0x2000, 0x200f},
                                             {0x2028, 0x202f},
                                             {0x205f, 0x206f},
                                             {0x3000, 0x3000},
                                             {0xe000, 0xf8ff},
                                             {0xfdd0, 0xfdef},
                                             {0xfeff, 0xfeff},
                                             {0xfff0, 0xfffb},
                                             {0xe0000, 0x10ffff}}};

bool is_printable(std::uint32_t point) {
  if (point < 0x80) return point >= 0x20 && point != 0x7f;
  if ((point & 0xfffeU) == 0xfffeU) return false;
  return std::ranges::none_of(
      unprintable, [&](const Range& range) { return point >= range.first && point <= range.last; });
}

struct Point {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

Point decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const auto lead = byte(0);
  if (lead < 0x80) return {.value = lead, .bytes = 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {};
  std::uint32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10ffff) return {};
  if (value >= 0xd800 && value <= 0xdfff) return {};
  return {.value = value, .bytes = length};
}

void append_hex(std::string& out, std::string_view prefix, std::uint32_t value, unsigned digits) {
  out += prefix;
  for (unsigned shift = digits * 4; shift > 0; shift -= 4) {
    out += "0123456789abcdef"[(value >> (shift - 4)) & 0xfU];
  }
}

void append_escaped(std::string& out, std::uint32_t point) {
  constexpr std::string_view named = "\a\b\f\n\r\t\v";
  constexpr std::string_view letters = "abfnrtv";
  if (point < 0x20 || point == 0x7f) {
    const auto name = named.find(static_cast<char>(point));
    if (name != std::string_view::npos) return append(out, '\\', letters[name]);
    return append_hex(out, "\\x", point, 2);
  }
  if (point < 0x10000) return append_hex(out, "\\u", point, 4);
  append_hex(out, "\\U", point, 8);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto point = decode(text);
    if (point.bytes == 0) {
      append_hex(out, "\\x", static_cast<unsigned char>(text.front()), 2);
      text.remove_prefix(1);
      continue;
    }
    if (point.value == '"' || point.value == '\\') {
      append(out, '\\', text.front());
    } else if (is_printable(point.value)) {
      out += text.substr(0, point.bytes);
    } else {
      append_escaped(out, point.value);
    }
    text.remove_prefix(point.bytes);
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
  out += ']';
  return out;
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

void ErrorTexts::add(std::string_view text) {
  if (std::ranges::find(texts_, text) == texts_.end()) texts_.emplace_back(text);
}

void ErrorTexts::add(const ErrorTexts& nested) {
  for (const auto& text : nested.texts_) add(text);
}

std::string ErrorTexts::text() const {
  if (texts_.empty()) return {};
  if (texts_.size() == 1) return texts_.front();
  std::string out = "[";
  for (const auto& text : texts_) {
    if (out.size() > 1) out += ", ";
    out += text;
  }
  out += ']';
  return out;
}

}  // namespace signet::token
