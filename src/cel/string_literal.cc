#include "cel/string_literal.h"

#include <cstdint>

#include "base/utf8.h"

namespace signet::cel {
namespace {

struct Opening {
  bool bytes = false;
  bool raw = false;
  std::string_view quote;  // ', ", ''' or """
  std::size_t size = 0;    // of prefixes and quote
};

std::optional<Opening> opening(std::string_view text) {
  Opening out;
  while (out.size < text.size()) {
    const char c = text[out.size];
    if ((c == 'r' || c == 'R') && !out.raw) {
      out.raw = true;
    } else if ((c == 'b' || c == 'B') && !out.bytes) {
      out.bytes = true;
    } else {
      break;
    }
    ++out.size;
  }
  const auto rest = text.substr(out.size);
  if (!rest.starts_with('\'') && !rest.starts_with('"')) return std::nullopt;
  const bool triple = rest.size() >= 3 && rest[1] == rest[0] && rest[2] == rest[0];
  out.quote = rest.substr(0, triple ? 3 : 1);
  out.size += out.quote.size();
  return out;
}

std::optional<std::uint32_t> digits(std::string_view text, std::size_t count, std::uint32_t base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text.substr(0, count)) {
    std::uint32_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    number = number * base + digit;
  }
  return number;
}

// What one letter after the backslash stands for; NUL for any other.
char simple_escape(char letter) {
  switch (letter) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`':
      return letter;
    default:
      return '\0';
  }
}

// `text` starts after a backslash. How many bytes the escape has; 0: none that CEL knows.
std::size_t unescape(std::string_view text, bool bytes, std::string& out) {
  if (text.empty()) return 0;
  const auto put = [&](std::optional<std::uint32_t> number, std::size_t size) -> std::size_t {
    constexpr std::uint32_t code_point_max = 0x10FFFF;
    if (!number || *number > code_point_max) return 0;
    if (*number >= 0xD800 && *number <= 0xDFFF) return 0;
    if (bytes) {
      if (*number > 0xFF) return 0;
      out += static_cast<char>(static_cast<unsigned char>(*number));
    } else {
      append_utf8(out, *number);
    }
    return size;
  };
  const char letter = text[0];
  if (const char simple = simple_escape(letter); simple != '\0') {
    out += simple;
    return 1;
  }
  const auto rest = text.substr(1);
  if (letter == 'x' || letter == 'X') return put(digits(rest, 2, 16), 3);
  if (letter == 'u' && !bytes) return put(digits(rest, 4, 16), 5);
  if (letter == 'U' && !bytes) return put(digits(rest, 8, 16), 9);
  if (letter >= '0' && letter <= '3') return put(digits(text, 3, 8), 3);
  return 0;
}

}  // namespace

bool starts_string_literal(std::string_view text) {
  return opening(text).has_value();
}

std::optional<StringLiteral> string_literal(std::string_view text) {
  const auto start = opening(text);
  if (!start) return std::nullopt;
  StringLiteral out{.bytes = start->bytes};
  std::size_t at = start->size;
  while (at < text.size()) {
    const auto rest = text.substr(at);
    if (rest.starts_with(start->quote)) {
      out.size = at + start->quote.size();
      return out;
    }
    if (start->quote.size() == 1 && (rest[0] == '\n' || rest[0] == '\r')) return std::nullopt;
    if (rest[0] == '\\' && !start->raw) {
      const auto size = unescape(rest.substr(1), start->bytes, out.value);
      if (size == 0) return std::nullopt;
      at += 1 + size;
    } else {
      out.value += rest[0];
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace signet::cel
