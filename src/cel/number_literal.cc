#include "cel/number_literal.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace signet::cel {
namespace {

std::optional<std::uint64_t> magnitude(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number, hex ? 16 : 10);
  if (text.empty() || problem != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Value> whole_value(std::string_view text, bool negative) {
  const auto number = magnitude(text);
  constexpr auto limit = std::uint64_t{1} << 63U;
  if (!number || *number > limit || (*number == limit && !negative)) return std::nullopt;
  // Two's complement: correct for the smallest int, too.
  return Value::of(static_cast<std::int64_t>(negative ? 0 - *number : *number));
}

std::optional<Value> real_value(std::string_view text, bool negative) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return Value::of(negative ? -number : number);
}

std::optional<Value> unsigned_value(std::string_view text) {
  const auto number = magnitude(text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  return Value::of(*number);
}

}  // namespace signet::cel
