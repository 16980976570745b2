// The reader: one pass, no recursion, values built bottom-up on boost::json's value stack.
#include <algorithm>
#include <array>
#include <bit>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "codec/json.h"

namespace signet::codec {
namespace {

constexpr std::size_t duplicates_max = 16;
constexpr std::size_t path_bytes_max = 256;
constexpr std::size_t few_members = 16;

// How many characters at the start of `text` need no look: not '"', '\', control or non-ASCII.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t high = 0x8080808080808080ULL;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    // The lowest marked byte is exact; borrows reach only bytes above it.
    const auto zero_bytes = [](std::uint64_t w) { return (w - ones) & ~w & high; };
    const auto marked = zero_bytes(word ^ (ones * '"')) | zero_bytes(word ^ (ones * '\\')) |
                        ((word - ones * 0x20) & ~word & high) | (word & high);
    if (marked != 0) {
      static_assert(std::endian::native == std::endian::little);
      return at + static_cast<std::size_t>(std::countr_zero(marked)) / 8;
    }
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return at;
}

class Parser {
 public:
  Parser(std::string_view text, const ParseLimits& limits) : text_(text), limits_(limits) {
    stack_.reset();
  }

  Result<JsonDocument> run() {
    if (!parse_document()) {
      return fail(ErrorKind::invalid, cat("JSON: ", problem_, " at byte ", at_));
    }
    return JsonDocument{stack_.release(), std::move(duplicates_)};
  }

 private:
  struct Container {
    bool is_object;
    std::size_t size;       // complete elements
    std::size_t first_key;  // in keys_
  };
  enum class Next : std::uint8_t { value, end, failed };

  bool parse_document() {
    skip_space();
    Next next = Next::value;
    while (next == Next::value) next = parse_value();
    if (next == Next::failed) return false;
    if (at_ != text_.size()) return unexpected("after the value");
    return true;
  }

  // Reads a scalar, or opens a container; then closes what ends here, up to the next value.
  Next parse_value() {
    if (at_ == text_.size()) return failed(unexpected("where a value belongs"));
    const char c = text_[at_];
    if (c == '{' || c == '[') {
      if (!open(c == '{')) return Next::failed;
      skip_space();
      if (at_ == text_.size() || text_[at_] != closer()) {
        return containers_.back().is_object && !parse_key() ? Next::failed : Next::value;
      }
      close();
    } else if (!parse_scalar(c)) {
      return Next::failed;
    }
    return after_value();
  }

  Next after_value() {
    while (true) {
      skip_space();
      if (containers_.empty()) return Next::end;
      auto& container = containers_.back();
      ++container.size;
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        skip_space();
        return container.is_object && !parse_key() ? Next::failed : Next::value;
      }
      if (at_ == text_.size() || text_[at_] != closer()) {
        return failed(
            unexpected(container.is_object ? "where , or } belongs" : "where , or ] belongs"));
      }
      close();
    }
  }

  bool open(bool is_object) {
    if (containers_.size() >= limits_.depth_max) {
      return failure(cat("nested deeper than ", limits_.depth_max, " levels"));
    }
    containers_.push_back({is_object, 0, keys_.size()});
    ++at_;
    return true;
  }

  char closer() const { return containers_.back().is_object ? '}' : ']'; }

  void close() {
    ++at_;
    const auto container = containers_.back();
    if (container.is_object) {
      if (container.size > 1) find_duplicates(container.first_key);
      keys_.resize(container.first_key);
      stack_.push_object(container.size);
    } else {
      stack_.push_array(container.size);
    }
    containers_.pop_back();
  }

  bool parse_key() {
    if (at_ == text_.size() || text_[at_] != '"') return unexpected("where a name belongs");
    if (containers_.back().size >= limits_.members_max) {
      return failure(cat("an object of more than ", limits_.members_max, " members"));
    }
    std::string_view key;
    bool decoded = false;
    if (!parse_string(key, decoded)) return false;
    keys_.push_back(decoded ? decoded_keys_.emplace_back(key) : key);
    stack_.push_key(key);
    skip_space();
    if (at_ == text_.size() || text_[at_] != ':') return unexpected("where : belongs");
    ++at_;
    skip_space();
    return true;
  }

  bool parse_scalar(char c) {
    if (c == '"') {
      std::string_view string;
      bool decoded = false;
      if (!parse_string(string, decoded)) return false;
      stack_.push_string(string);
      return true;
    }
    if (c == '-' || is_digit(c)) return parse_number();
    if (take_word("true")) {
      stack_.push_bool(true);
    } else if (take_word("false")) {
      stack_.push_bool(false);
    } else if (take_word("null")) {
      stack_.push_null();
    } else {
      return unexpected("where a value belongs");
    }
    return true;
  }

  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // The string that starts here: part of the text, or of scratch_ when it had escapes (`decoded`).
  bool parse_string(std::string_view& string, bool& decoded) {
    ++at_;
    auto start = at_;
    decoded = false;
    while (true) {
      at_ += plain_prefix(text_.substr(at_));
      if (at_ == text_.size()) return failure("a string without an end");
      const char c = text_[at_];
      if (c == '"') break;
      if (c == '\\') {
        if (!std::exchange(decoded, true)) scratch_.clear();
        scratch_.append(text_, start, at_ - start);
        if (!parse_escape()) return false;
        start = at_;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return failure("a control character inside a string");
      } else {
        const auto length = utf8_sequence(text_.substr(at_));
        if (length == 0) return failure("text that is not UTF-8");
        at_ += length;
      }
    }
    string = text_.substr(start, at_ - start);
    ++at_;
    if (decoded) string = scratch_.append(string);
    return true;
  }

  bool parse_escape() {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (letter == 'u') return parse_unicode_escape();
    const auto index = letters.find(letter);
    if (index == std::string_view::npos) return failure("an unknown escape");
    scratch_ += meanings[index];
    at_ += 2;
    return true;
  }

  // RFC 8259 s7: a character beyond U+FFFF is a pair of surrogates, and half a pair is none.
  bool parse_unicode_escape() {
    auto code = code_unit(at_);
    if (code >= 0xd800 && code < 0xdc00) {
      const auto low = code_unit(at_ + 6);
      if (low < 0xdc00 || low > 0xdfff) return failure("half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
      at_ += 6;
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      return failure("half a surrogate pair");
    } else if (code > 0xffff) {
      return failure("an escape without four hex digits");
    }
    append_utf8(scratch_, code);
    at_ += 6;
    return true;
  }

  // The value of "\uXXXX" at `at`; above 0xffff when there is none.
  std::uint32_t code_unit(std::size_t at) const {
    constexpr std::uint32_t none = 0x10000;
    if (text_.size() < at + 6 || text_[at] != '\\' || text_[at + 1] != 'u') return none;
    std::uint32_t code = 0;
    const char* first = text_.data() + at + 2;
    const auto [end, error] = std::from_chars(first, first + 4, code, 16);
    return error == std::errc() && end == first + 4 ? code : none;
  }

  bool parse_number() {
    const auto start = at_;
    bool integer = true;
    if (text_[at_] == '-') ++at_;
    if (at_ < text_.size() && text_[at_] == '0') {
      ++at_;
    } else if (!take_digits()) {
      return unexpected("where a digit belongs");
    }
    if (at_ < text_.size() && text_[at_] == '.') {
      integer = false;
      ++at_;
      if (!take_digits()) return unexpected("where a digit belongs");
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      integer = false;
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!take_digits()) return unexpected("where a digit belongs");
    }
    const auto number = text_.substr(start, at_ - start);
    return (integer && push_integer(number)) || push_double(number);
  }

  bool take_digits() {
    const auto start = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ != start;
  }

  bool push_integer(std::string_view number) {
    const char* end = number.data() + number.size();
    std::int64_t value = 0;
    if (std::from_chars(number.data(), end, value).ec == std::errc()) {
      stack_.push_int64(value);
      return true;
    }
    std::uint64_t large = 0;
    if (number.front() == '-' || std::from_chars(number.data(), end, large).ec != std::errc()) {
      return false;
    }
    stack_.push_uint64(large);
    return true;
  }

  bool push_double(std::string_view number) {
    double value = 0;
    const auto error = std::from_chars(number.data(), number.data() + number.size(), value).ec;
    // from_chars does not say which end of the range was left: too small is zero, as in Go.
    if (error == std::errc::result_out_of_range) {
      value = std::strtod(std::string(number).c_str(), nullptr);
      if (value > 1 || value < -1) return failure("a number that no double can hold");
    }
    stack_.push_double(value);
    return true;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
      ++at_;
    }
  }

  // Looks among the names of the innermost object, which is complete.
  void find_duplicates(std::size_t first_key) {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(first_key);
    if (keys_.size() - first_key > few_members) {
      std::sort(begin, keys_.end());
      for (auto key = begin + 1; key != keys_.end(); ++key) {
        if (*key == key[-1]) report_duplicate(*key);
      }
      return;
    }
    for (auto key = begin + 1; key != keys_.end(); ++key) {
      if (std::find(begin, key, *key) != key) report_duplicate(*key);
    }
  }

  void report_duplicate(std::string_view name) {
    if (duplicates_.size() == duplicates_max) return;
    std::string path;
    for (std::size_t i = 0; i + 1 < containers_.size() && path.size() < path_bytes_max; ++i) {
      if (containers_[i].is_object) {
        append(path, path.empty() ? "" : ".", excerpt(keys_[containers_[i + 1].first_key - 1]));
      } else {
        append(path, '[', containers_[i].size, ']');
      }
    }
    append(path, path.empty() ? "" : ".", excerpt(name));
    if (std::ranges::find(duplicates_, path) == duplicates_.end()) {
      duplicates_.push_back(std::move(path));
    }
  }

  bool failure(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool unexpected(std::string_view where) {
    if (at_ == text_.size()) return failure(cat("the text ends ", where));
    return failure(cat("unexpected '", excerpt(text_.substr(at_, 1)), "' ", where));
  }

  static Next failed(bool /*always_false*/) { return Next::failed; }

  std::string_view text_;
  const ParseLimits& limits_;
  std::size_t at_ = 0;
  std::array<unsigned char, 4096> buffer_;  // NOLINT(*-member-init): the stack's first memory
  boost::json::value_stack stack_{{}, buffer_.data(), buffer_.size()};
  std::vector<Container> containers_;
  std::vector<std::string_view> keys_;  // of all open objects, outermost first
  std::deque<std::string> decoded_keys_;
  std::string scratch_;
  std::vector<std::string> duplicates_;
  std::string problem_;
};

}  // namespace

Result<JsonDocument> parse_json(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return fail(ErrorKind::invalid, cat("JSON: larger than ", limits.bytes_max, " bytes"));
  }
  return Parser(text, limits).run();
}

Result<Json> parse_json_strict(std::string_view text, const ParseLimits& limits) {
  TRY(auto document, parse_json(text, limits));
  if (!document.duplicates.empty()) {
    return fail(ErrorKind::invalid,
                cat("JSON: the name ", document.duplicates.front(), " occurs more than once"));
  }
  return std::move(document.value);
}

}  // namespace signet::codec
