#include "machinery/field_error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/cat.h"
#include "base/utf8.h"

namespace signet::machinery {
namespace {

struct KindText {
  std::string_view title;
  std::string_view reason;
  bool shows_value = true;
};

KindText text_of(FieldError::Kind kind) {
  switch (kind) {
    case FieldError::Kind::required:
      return {"Required value", "FieldValueRequired", false};
    case FieldError::Kind::invalid:
      return {"Invalid value", "FieldValueInvalid"};
    case FieldError::Kind::unsupported:
      return {"Unsupported value", "FieldValueNotSupported"};
    case FieldError::Kind::forbidden:
      return {"Forbidden", "FieldValueForbidden", false};
    case FieldError::Kind::duplicate:
      return {"Duplicate value", "FieldValueDuplicate"};
    case FieldError::Kind::too_long:
      return {"Too long", "FieldValueTooLong", false};
    case FieldError::Kind::too_many:
      return {"Too many", "FieldValueTooMany"};
    case FieldError::Kind::not_found:
      return {"Not found", "FieldValueNotFound"};
    case FieldError::Kind::type_invalid:
      return {"Invalid value", "FieldValueTypeInvalid"};
  }
  std::unreachable();
}

void append_hex(std::string& out, char32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(value >> shift) & 0xF];
  }
}

char32_t code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(sequence[i]));
  };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
             (byte(3) & 0x3F);
  }
}

// Characters beyond ASCII that Go escapes: controls, spaces, invisible marks, private use and
// what is no character.
bool is_printable(char32_t c) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr std::array hidden{
      Range{0x80, 0xA0},     Range{0xAD, 0xAD},       Range{0x61C, 0x61C},
      Range{0x1680, 0x1680}, Range{0x180E, 0x180E},   Range{0x2000, 0x200F},
      Range{0x2028, 0x202F}, Range{0x205F, 0x206F},   Range{0x3000, 0x3000},
      Range{0xE000, 0xF8FF}, Range{0xFDD0, 0xFDEF},   Range{0xFEFF, 0xFEFF},
      Range{0xFFF0, 0xFFFB}, Range{0xE0000, 0xE00FF}, Range{0xF0000, 0x10FFFF},
  };
  if ((c & 0xFFFE) == 0xFFFE) return false;
  for (const Range range : hidden) {
    if (c >= range.first && c <= range.last) return false;
  }
  return true;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\a':
      out += "\\a";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\v':
      out += "\\v";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte >= 0x7F) {
    out += "\\x";
    append_hex(out, byte, 2);
  } else {
    out += c;
  }
}

}  // namespace

std::string_view FieldError::reason() const {
  return text_of(kind).reason;
}

std::string FieldError::message() const {
  const KindText text = text_of(kind);
  std::string out(text.title);
  if (text.shows_value) append(out, ": ", value);
  if (!detail.empty()) append(out, ": ", detail);
  return out;
}

void FieldErrors::required(std::string path, std::string detail) {
  add({FieldError::Kind::required, std::move(path), {}, std::move(detail)});
}

void FieldErrors::invalid(std::string path, std::string value, std::string detail) {
  add({FieldError::Kind::invalid, std::move(path), std::move(value), std::move(detail)});
}

void FieldErrors::unsupported(std::string path, std::string value,
                              const std::vector<std::string_view>& supported) {
  std::string detail;
  for (const std::string_view choice : supported) {
    append(detail, detail.empty() ? "supported values: " : ", ", quoted(choice));
  }
  add({FieldError::Kind::unsupported, std::move(path), std::move(value), std::move(detail)});
}

void FieldErrors::forbidden(std::string path, std::string detail) {
  add({FieldError::Kind::forbidden, std::move(path), {}, std::move(detail)});
}

void FieldErrors::duplicate(std::string path, std::string value) {
  add({FieldError::Kind::duplicate, std::move(path), std::move(value), {}});
}

void FieldErrors::too_long(std::string path, std::string detail) {
  add({FieldError::Kind::too_long, std::move(path), {}, std::move(detail)});
}

void FieldErrors::not_found(std::string path, std::string value) {
  add({FieldError::Kind::not_found, std::move(path), std::move(value), {}});
}

void FieldErrors::add(FieldError error) {
  errors_.push_back(std::move(error));
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length <= 1) {
      append_escaped(out, text.front());
      text.remove_prefix(1);
      continue;
    }
    const char32_t c = code_point(text.substr(0, length));
    if (is_printable(c)) {
      out += text.substr(0, length);
    } else {
      out += c < 0x10000 ? "\\u" : "\\U";
      append_hex(out, c, c < 0x10000 ? 4 : 8);
    }
    text.remove_prefix(length);
  }
  out += '"';
  return out;
}

bool is_printable(std::string_view character) {
  const std::size_t length = utf8_sequence(character);
  if (length > 1) return is_printable(code_point(character.substr(0, length)));
  return length == 1 && character.front() >= ' ' && character.front() < '\x7F';
}

std::string code_point_text(std::string_view character) {
  const std::size_t length = utf8_sequence(character);
  char32_t c = 0xFFFD;
  if (length == 1) c = static_cast<unsigned char>(character.front());
  if (length > 1) c = code_point(character.substr(0, length));
  std::string hex;
  append_hex(hex, c, c < 0x10000 ? 4 : 6);
  std::ranges::transform(hex, hex.begin(), [](char d) {
    return d >= 'a' && d <= 'f' ? static_cast<char>(d - 'a' + 'A') : d;
  });
  return "U+" + hex;
}

}  // namespace signet::machinery
