#include "base/utf8.h"

#include <cstring>

namespace signet {
namespace {

constexpr unsigned byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

constexpr bool is_continuation(std::string_view text, std::size_t index) {
  return (byte_at(text, index) & 0xc0U) == 0x80U;
}

}  // namespace

std::size_t utf8_sequence(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, i)) return 0;
  }
  const unsigned second = byte_at(text, 1);
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
  while (!text.empty()) {
    if (text.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & high_bits) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const auto length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

char32_t code_point(std::string_view sequence) {
  constexpr unsigned lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t out = byte_at(sequence, 0) & lead_bits[sequence.size()];
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    out = (out << 6U) | (byte_at(sequence, i) & 0x3fU);
  }
  return out;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
    return;
  }
  if (code_point < 0x800) {
    put(0xc0U | code_point >> 6U);
  } else {
    if (code_point < 0x10000) {
      put(0xe0U | code_point >> 12U);
    } else {
      put(0xf0U | code_point >> 18U);
      put(0x80U | (code_point >> 12U & 0x3fU));
    }
    put(0x80U | (code_point >> 6U & 0x3fU));
  }
  put(0x80U | (code_point & 0x3fU));
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    if (out.size() + (length == 0 ? 1 : length) > bytes_max) return out + "...";
    const unsigned first = byte_at(text, 0);
    // C1 controls are U+0080 to U+009F: 0xc2 0x80 to 0xc2 0x9f.
    const bool control =
        first < 0x20 || first == 0x7f || (length == 2 && first == 0xc2 && byte_at(text, 1) < 0xa0);
    if (length == 0 || control) {
      out += '?';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace signet
