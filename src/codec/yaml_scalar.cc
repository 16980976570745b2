#include "codec/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "base/cat.h"

namespace signet::codec {
namespace {

template <std::size_t Size>
bool is_one_of(std::string_view text, const std::array<std::string_view, Size>& words) {
  return std::ranges::find(words, text) != words.end();
}

constexpr std::array<std::string_view, 5> null_words = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> true_words = {"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> false_words = {"false", "False", "FALSE"};
constexpr std::array<std::string_view, 12> not_numbers = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                          "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                          "-.INF", ".nan",  ".NaN",  ".NAN"};
// Words that YAML 1.1 reads as booleans; compared in lower case.
constexpr std::array<std::string_view, 6> old_words = {"y", "n", "yes", "no", "on", "off"};

bool all_digits(std::string_view text, std::string_view digits = "0123456789") {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

// `digits` in `base`; a double when it takes more than 64 bits (base 10 only), else nothing.
std::optional<Json> integer(std::string_view digits, bool negative, int base) {
  const char* end = digits.data() + digits.size();
  const std::string spelled = cat(negative ? "-" : "", digits);
  std::int64_t value = 0;
  if (std::from_chars(spelled.data(), spelled.data() + spelled.size(), value, base).ec ==
      std::errc()) {
    return value;
  }
  std::uint64_t large = 0;
  if (!negative && std::from_chars(digits.data(), end, large, base).ec == std::errc()) return large;
  double real = 0;
  if (base == 10 &&
      std::from_chars(spelled.data(), spelled.data() + spelled.size(), real).ec == std::errc()) {
    return real;
  }
  return std::nullopt;
}

// YAML 1.2 s10.3.2: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_real(std::string_view text) {
  const auto exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    auto power = text.substr(exponent + 1);
    if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
    if (!all_digits(power)) return false;
    text = text.substr(0, exponent);
  }
  const auto point = text.find('.');
  if (point == std::string_view::npos) return all_digits(text);
  const auto whole = text.substr(0, point);
  const auto fraction = text.substr(point + 1);
  if (whole.empty()) return all_digits(fraction);
  return all_digits(whole) && (fraction.empty() || all_digits(fraction));
}

std::optional<Json> number(std::string_view text) {
  if (text.starts_with("0o") && all_digits(text.substr(2), "01234567")) {
    return integer(text.substr(2), false, 8);
  }
  if (text.starts_with("0x") && all_digits(text.substr(2), "0123456789abcdefABCDEF")) {
    return integer(text.substr(2), false, 16);
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (all_digits(text)) {
    const bool octal = text.size() > 1 && text.front() == '0' && all_digits(text, "01234567");
    return integer(text, negative, octal ? 8 : 10);
  }
  if (!is_real(text)) return std::nullopt;
  double real = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), real).ec != std::errc()) {
    return std::nullopt;
  }
  return negative ? -real : real;
}

bool looks_like_a_time_or_base_60(std::string_view text) {
  return text.find_first_of(":-") != std::string_view::npos &&
         text.find_first_not_of("0123456789:-+._ TZtz") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

}  // namespace

Result<Json> resolve_plain_scalar(std::string_view text) {
  if (is_one_of(text, null_words)) return Json(nullptr);
  if (is_one_of(text, true_words)) return Json(true);
  if (is_one_of(text, false_words)) return Json(false);
  if (is_one_of(text, not_numbers)) {
    return fail(ErrorKind::invalid, cat(text, " is no number that JSON has"));
  }
  if (auto value = number(text)) return *std::move(value);
  return Json(text);
}

bool is_plain_string(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  // Indicators (YAML 1.2 s5.3), and what ends a plain scalar.
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=<").contains(text.front())) return false;
  if (text.starts_with("...")) return false;  // ends a document
  if (text.contains(": ") || text.contains(" #")) return false;
  const auto printable = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f;
  };
  if (!std::ranges::all_of(text, printable)) return false;
  const auto lower = lower_case(text);
  if (is_one_of(lower, old_words) || looks_like_a_time_or_base_60(text)) return false;
  // 1_000 and 0b1 are numbers in YAML 1.1.
  const bool digit_first = text.front() >= '0' && text.front() <= '9';
  if (digit_first && (text.contains('_') || lower.starts_with("0b"))) return false;
  const auto meaning = resolve_plain_scalar(text);
  return meaning && meaning->is_string();
}

}  // namespace signet::codec
