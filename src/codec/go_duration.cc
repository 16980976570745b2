#include "codec/go_duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/go_quote.h"

namespace signet::codec {
namespace {

using std::chrono::nanoseconds;

constexpr auto nanoseconds_max = std::numeric_limits<std::int64_t>::max();

constexpr auto units = std::to_array<std::pair<std::string_view, std::int64_t>>({
    {"ns", 1},
    {"us", 1'000},
    {"\u00B5s", 1'000},  // micro sign
    {"\u03BCs", 1'000},  // Greek mu
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
});

// What stands before the first character that `ends` says yes to.
template <typename Ends>
std::string_view take_until(std::string_view& rest, Ends ends) {
  std::size_t size = 0;
  while (size < rest.size() && !ends(rest[size])) ++size;
  const auto taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

std::unexpected<Error> invalid(std::string_view text) {
  return fail(ErrorKind::invalid, cat("time: invalid duration ", go_quote(text)));
}

// Digits, with digits after a point or without, and a unit.
Result<std::int64_t> take_part(std::string_view& rest, std::string_view text) {
  const auto no_digit = [](char c) { return !is_digit(c); };
  const auto whole = take_until(rest, no_digit);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_until(rest, no_digit);
  }
  std::int64_t count = 0;
  const auto* const end = whole.data() + whole.size();
  if (whole.empty() && fraction.empty()) return invalid(text);
  if (!whole.empty() && std::from_chars(whole.data(), end, count).ec != std::errc()) {
    return invalid(text);
  }
  const auto name = take_until(rest, [](char c) { return c == '.' || is_digit(c); });
  if (name.empty()) {
    return fail(ErrorKind::invalid, cat("time: missing unit in duration ", go_quote(text)));
  }
  for (const auto& [unit, size] : units) {
    if (unit != name) continue;
    if (count > nanoseconds_max / size) return invalid(text);
    count *= size;
    auto digit = static_cast<double>(size);
    double part = 0;
    for (const char c : fraction) {
      digit /= 10;
      part += digit * (c - '0');
    }
    const auto rounded = static_cast<std::int64_t>(part);
    if (rounded > nanoseconds_max - count) return invalid(text);
    return count + rounded;
  }
  return fail(ErrorKind::invalid,
              cat("time: unknown unit ", go_quote(name), " in duration ", go_quote(text)));
}

}  // namespace

Result<nanoseconds> parse_go_duration(std::string_view text) {
  auto rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return nanoseconds(0);
  if (rest.empty()) return invalid(text);
  std::int64_t total = 0;
  while (!rest.empty()) {
    TRY(const auto part, take_part(rest, text));
    if (part > nanoseconds_max - total) return invalid(text);
    total += part;
  }
  return nanoseconds(negative ? -total : total);
}

}  // namespace signet::codec
