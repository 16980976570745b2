#include "machinery/go_json.h"

#include <cstddef>
#include <vector>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/utf8.h"
#include "machinery/field_error.h"

namespace signet::machinery {
namespace {

// A byte as Go prints the rune of that value.
std::string quoted_byte(char c) {
  if (c == '\'') return R"('\'')";
  if (c == '"') return R"('"')";
  std::string rune;
  codec::append_utf8(rune, static_cast<unsigned char>(c));
  auto text = quoted(rune);
  text.front() = text.back() = '\'';
  return text;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::string run() {
    if (!value()) return error_;
    while (!open_.empty()) {
      if (!after_value()) return error_;
    }
    skip_space();
    if (at_ < text_.size()) refuse("after top-level value");
    return error_;
  }

 private:
  bool refuse(std::string_view where) {
    error_ = at_ < text_.size() ? cat("invalid character ", quoted_byte(text_[at_]), ' ', where)
                                : "unexpected end of JSON input";
    return false;
  }
  // Inside a token Go reads the end as a space.
  bool refuse_in_token(std::string_view where) {
    error_ = cat("invalid character ", quoted_byte(ended() ? ' ' : text_[at_]), ' ', where);
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool ended() const { return at_ >= text_.size(); }
  void skip_space() {
    while (!ended() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
  }

  // One scalar, an empty container, or the opening of a container up to its first scalar.
  bool value() {
    while (true) {
      skip_space();
      if (ended()) return refuse("");
      const char c = peek();
      if (c == '{') {
        ++at_;
        skip_space();
        if (peek() == '}' && !ended()) return ++at_, true;
        open_.push_back('{');
        if (!key()) return false;
      } else if (c == '[') {
        ++at_;
        skip_space();
        if (peek() == ']' && !ended()) return ++at_, true;
        open_.push_back('[');
      } else {
        return scalar();
      }
    }
  }

  // `"name":`
  bool key() {
    skip_space();
    if (peek() != '"') return refuse("looking for beginning of object key string");
    if (!string()) return false;
    skip_space();
    if (peek() != ':') return refuse("after object key");
    ++at_;
    return true;
  }

  // What may follow a value inside the innermost container.
  bool after_value() {
    skip_space();
    const bool object = open_.back() == '{';
    if (peek() == ',' && !ended()) {
      ++at_;
      return (!object || key()) && value();
    }
    if (peek() != (object ? '}' : ']') || ended()) {
      return refuse(object ? "after object key:value pair" : "after array element");
    }
    ++at_;
    open_.pop_back();
    return true;
  }

  bool scalar() {
    const char c = peek();
    if (c == '"') return string();
    if (c == 't') return literal("true");
    if (c == 'f') return literal("false");
    if (c == 'n') return literal("null");
    if (c == '-' || is_digit(c)) return number();
    return refuse("looking for beginning of value");
  }

  bool string() {
    for (++at_; !ended(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return refuse("in string literal");
      if (c != '\\') continue;
      ++at_;
      if (peek() == 'u') {
        for (int digit = 0; digit < 4; ++digit) {
          ++at_;
          if (!is_hex_digit(peek()))
            return refuse_in_token(R"(in \u hexadecimal character escape)");
        }
      } else if (ended() || !std::string_view("bfnrt\\/\"").contains(peek())) {
        return refuse_in_token("in string escape code");
      }
    }
    return refuse("");
  }

  bool literal(std::string_view word) {
    for (const char expected : word) {
      if (ended() || peek() != expected) {
        return refuse_in_token(
            cat("in literal ", word, " (expecting ", quoted_byte(expected), ')'));
      }
      ++at_;
    }
    return true;
  }

  bool number() {
    if (peek() == '-') ++at_;
    if (!is_digit(peek())) return refuse_in_token("in numeric literal");
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (peek() == '.') {
      ++at_;
      if (!is_digit(peek())) return refuse_in_token("after decimal point in numeric literal");
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!is_digit(peek())) return refuse_in_token("in exponent of numeric literal");
      digits();
    }
    return true;
  }

  void digits() {
    while (is_digit(peek())) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<char> open_;
  std::string error_;
};

}  // namespace

std::string go_json_error(std::string_view text) {
  return Scanner(text).run();
}

}  // namespace signet::machinery
