#include "jose/json_reader.h"

#include <bit>
#include <charconv>
#include <cstring>

#include "base/ascii.h"

namespace signet::jose {

namespace {

constexpr std::uint64_t every_byte(std::uint64_t byte) {
  return byte * 0x0101010101010101ULL;
}

// The high bit of each byte that is zero; bytes above a zero one may be marked as well.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - every_byte(0x01)) & ~word & every_byte(0x80);
}

// Marks quotes, backslashes, control characters and everything outside ASCII.
constexpr std::uint64_t special_bytes(std::uint64_t word) {
  const std::uint64_t control = (word - every_byte(0x20)) & ~word;
  return ((control | word) & every_byte(0x80)) | zero_bytes(word ^ every_byte('"')) |
         zero_bytes(word ^ every_byte('\\'));
}

// The first byte from `at` on that a string cannot just contain.
char* skip_plain(char* at, const char* end) {
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const auto special = special_bytes(word);
    // The lowest mark is exact: only bytes above a marked one can be marked by its borrow.
    if (special != 0 && std::endian::native == std::endian::little) {
      return at + std::countr_zero(special) / 8;
    }
    if (special != 0) break;
    at += 8;
  }
  while (at != end) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
    ++at;
  }
  return at;
}

void put_utf8(char*& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0U | (point >> 6U));
    return put(0x80U | (point & 0x3fU));
  }
  if (point < 0x10000) {
    put(0xe0U | (point >> 12U));
  } else {
    put(0xf0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3fU));
  }
  put(0x80U | ((point >> 6U) & 0x3fU));
  put(0x80U | (point & 0x3fU));
}

}  // namespace

char JsonReader::peek() {
  skip_space();
  return at_ == end_ ? '\0' : *at_;
}

bool JsonReader::finish() {
  skip_space();
  return at_ == end_;
}

bool JsonReader::remember(std::string_view name, std::size_t first_name) {
  if (repeated_ == Repeated::allow) return true;
  for (std::size_t i = first_name; i < names_used_; ++i) {
    if (std::string_view(names_[i].data, names_[i].size) == name) return false;
  }
  if (names_used_ == names_max || names_used_ - first_name == members_max) return false;
  names_[names_used_++] = {.data = name.data(), .size = name.size()};
  return true;
}

bool JsonReader::string(std::string_view& out) {
  if (!take('"')) return false;
  char* const start = at_;
  at_ = skip_plain(at_, end_);
  if (at_ != end_ && *at_ == '"') {
    out = {start, at_};
    ++at_;
    return true;
  }
  return escaped_string(start, out);
}

// The rest of a string that is not plain ASCII. What is written never overtakes what is read,
// because an escape is longer than what it stands for.
bool JsonReader::escaped_string(char* start, std::string_view& out) {
  char* write = at_;
  while (at_ != end_) {
    char* const from = at_;
    at_ = skip_plain(at_, end_);
    std::memmove(write, from, static_cast<std::size_t>(at_ - from));
    write += at_ - from;
    if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) return false;
    if (*at_ == '"') {
      out = {start, write};
      ++at_;
      return true;
    }
    if (!(*at_ == '\\' ? escape(write) : utf8(write))) return false;
  }
  return false;
}

bool JsonReader::hex4(std::uint32_t& out) {
  if (end_ - at_ < 4) return false;
  const auto parsed = std::from_chars(at_, at_ + 4, out, 16);
  if (parsed.ptr != at_ + 4 || parsed.ec != std::errc{}) return false;
  at_ += 4;
  return true;
}

bool JsonReader::escape(char*& out) {
  if (end_ - at_ < 2) return false;
  const char kind = at_[1];
  at_ += 2;
  constexpr std::string_view from = "\"\\/bfnrt";
  constexpr std::string_view to = "\"\\/\b\f\n\r\t";
  if (const auto simple = from.find(kind); simple != std::string_view::npos) {
    *out++ = to[simple];
    return true;
  }
  std::uint32_t point = 0;
  if (kind != 'u' || !hex4(point)) return false;
  if (point >= 0xdc00 && point <= 0xdfff) return false;
  if (point >= 0xd800 && point <= 0xdbff) {
    std::uint32_t low = 0;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return false;
    at_ += 2;
    if (!hex4(low) || low < 0xdc00 || low > 0xdfff) return false;
    point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
  }
  put_utf8(out, point);
  return true;
}

// RFC 3629 s4: shortest form, no surrogates, nothing above U+10FFFF.
bool JsonReader::utf8(char*& out) {
  const auto byte = [&](std::ptrdiff_t i) { return static_cast<unsigned char>(at_[i]); };
  const unsigned char lead = byte(0);
  std::ptrdiff_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  if (lead >= 0xe0 && lead <= 0xef) length = 3;
  if (lead >= 0xf0 && lead <= 0xf4) length = 4;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  if (length == 0 || end_ - at_ < length || byte(1) < low || byte(1) > high) return false;
  for (std::ptrdiff_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return false;
  }
  for (std::ptrdiff_t i = 0; i < length; ++i) *out++ = at_[i];
  at_ += length;
  return true;
}

// RFC 8259 s6.
bool JsonReader::number(std::string_view& out) {
  skip_space();
  const char* const start = at_;
  const auto digits = [&] {
    const char* const first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  };
  if (at_ != end_ && *at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  out = {start, at_};
  return true;
}

bool JsonReader::whole_number(std::int64_t& out) {
  constexpr std::int64_t largest = std::int64_t{1} << 53;
  std::string_view text;
  if (!number(text) || text.front() == '-') return false;
  const char* const last = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), last, out);
  if (whole.ec == std::errc{} && whole.ptr == last) return out <= largest;
  double value = 0;
  const auto parsed = std::from_chars(text.data(), last, value);
  if (parsed.ec != std::errc{} || parsed.ptr != last) return false;
  if (!(value <= static_cast<double>(largest))) return false;
  out = static_cast<std::int64_t>(value);
  return true;
}

bool JsonReader::literal(std::string_view word) {
  skip_space();
  if (static_cast<std::size_t>(end_ - at_) < word.size()) return false;
  if (std::string_view(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

bool JsonReader::null() {
  return peek() == 'n' && literal("null");
}

bool JsonReader::skip() {
  std::string_view ignored;
  switch (peek()) {
    case '{':
      return object([&](std::string_view) { return skip(); });
    case '[':
      return array([&] { return skip(); });
    case '"':
      return string(ignored);
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number(ignored);
  }
}

}  // namespace signet::jose
