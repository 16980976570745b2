#include "codec/base64.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/cat.h"

namespace signet::codec {
namespace {

using Alphabet = std::array<char, 64>;
// One table a position of a four-character group, each with its six bits already in place. A
// character outside the alphabet has the `bad` bit in all of them, so that a group is checked once.
using DecodeTables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr std::uint32_t bad = 1U << 24U;

consteval Alphabet alphabet(char c62, char c63) {
  Alphabet result{};
  for (unsigned i = 0; i < 26; ++i) {
    result[i] = static_cast<char>('A' + i);
    result[26 + i] = static_cast<char>('a' + i);
  }
  for (unsigned i = 0; i < 10; ++i) result[52 + i] = static_cast<char>('0' + i);
  result[62] = c62;
  result[63] = c63;
  return result;
}

consteval DecodeTables decode_tables(const Alphabet& letters) {
  DecodeTables tables{};
  for (auto& table : tables) table.fill(bad);
  for (std::uint32_t value = 0; value < letters.size(); ++value) {
    const auto letter = static_cast<unsigned char>(letters[value]);
    for (unsigned i = 0; i < 4; ++i) tables[i][letter] = value << (18U - 6U * i);
  }
  return tables;
}

constexpr Alphabet url_alphabet = alphabet('-', '_');
constexpr Alphabet data_alphabet = alphabet('+', '/');
constexpr DecodeTables url_tables = decode_tables(url_alphabet);
constexpr DecodeTables data_tables = decode_tables(data_alphabet);

constexpr std::uint32_t octet(char c) {
  return static_cast<unsigned char>(c);
}
constexpr char low_octet(std::uint32_t bits) {
  return static_cast<char>(bits & 0xffU);
}

// Writes the groups of `bytes` without padding and returns the end.
char* encode(const Alphabet& letters, std::string_view bytes, char* to) {
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const auto bits = octet(bytes[i]) << 16U | octet(bytes[i + 1]) << 8U | octet(bytes[i + 2]);
    *to++ = letters[bits >> 18U];
    *to++ = letters[bits >> 12U & 63U];
    *to++ = letters[bits >> 6U & 63U];
    *to++ = letters[bits & 63U];
  }
  if (i == bytes.size()) return to;
  const bool two = i + 2 == bytes.size();
  const auto bits = octet(bytes[i]) << 16U | (two ? octet(bytes[i + 1]) << 8U : 0U);
  *to++ = letters[bits >> 18U];
  *to++ = letters[bits >> 12U & 63U];
  if (two) *to++ = letters[bits >> 6U & 63U];
  return to;
}

// `text` is without padding.
Result<std::string> decode(std::string_view name, const DecodeTables& tables,
                           std::string_view text) {
  const auto tail = text.size() % 4;
  if (tail == 1) {
    return fail(ErrorKind::invalid, cat(name, ": ", text.size(), " characters cannot be bytes"));
  }
  const auto full = text.size() - tail;
  std::string out;
  bool good = true;
  const auto size = full / 4 * 3 + (tail == 0 ? 0 : tail - 1);
  // libstdc++ 12 hands the capacity to the callback, not the size asked for.
  out.resize_and_overwrite(size, [&](char* to, std::size_t /*capacity*/) {
    const char* from = text.data();
    std::uint32_t seen = 0;
    for (const char* end = from + full; from != end; from += 4, to += 3) {
      const auto bits = tables[0][octet(from[0])] | tables[1][octet(from[1])] |
                        tables[2][octet(from[2])] | tables[3][octet(from[3])];
      seen |= bits;
      to[0] = low_octet(bits >> 16U);
      to[1] = low_octet(bits >> 8U);
      to[2] = low_octet(bits);
    }
    if (tail != 0) {
      auto bits = tables[0][octet(from[0])] | tables[1][octet(from[1])];
      if (tail == 3) bits |= tables[2][octet(from[2])];
      seen |= bits;
      to[0] = low_octet(bits >> 16U);
      if (tail == 3) to[1] = low_octet(bits >> 8U);
      // RFC 4648 s3.5: the bits that no byte takes are zero.
      if ((bits & (tail == 3 ? 0xffU : 0xffffU)) != 0) good = false;
    }
    if ((seen & bad) != 0) good = false;
    return size;
  });
  if (good) return out;
  // The position, never the character: it may be part of a secret.
  const auto wrong = std::ranges::find_if(text, [&](char c) { return tables[0][octet(c)] == bad; });
  if (wrong == text.end()) {
    return fail(ErrorKind::invalid, cat(name, ": the unused bits at the end are not zero"));
  }
  return fail(ErrorKind::invalid,
              cat(name, ": byte ", wrong - text.begin(), " is outside the alphabet"));
}

}  // namespace

void append_base64url(std::string& out, std::string_view bytes) {
  const auto before = out.size();
  const auto size = before + (bytes.size() * 4 + 2) / 3;
  out.resize_and_overwrite(size, [&](char* data, std::size_t /*capacity*/) {
    return static_cast<std::size_t>(encode(url_alphabet, bytes, data + before) - data);
  });
}

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  append_base64url(out, bytes);
  return out;
}

Result<std::string> base64url_decode(std::string_view text) {
  return decode("base64url", url_tables, text);
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  const auto size = (bytes.size() + 2) / 3 * 4;
  out.resize_and_overwrite(size, [&](char* data, std::size_t /*capacity*/) {
    char* end = encode(data_alphabet, bytes, data);
    while (end != data + size) *end++ = '=';
    return size;
  });
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) {
    return fail(ErrorKind::invalid,
                cat("base64: ", text.size(), " characters are not whole groups of four"));
  }
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode("base64", data_tables, text);
}

std::string hex_encode(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += digits[octet(c) >> 4U];
    out += digits[octet(c) & 15U];
  }
  return out;
}

}  // namespace signet::codec
