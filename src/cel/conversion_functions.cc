#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/cat.h"
#include "base/utf8.h"
#include "cel/functions.h"

namespace signet::cel {
namespace {

constexpr auto S = Kind::string;
constexpr auto I = Kind::integer;
constexpr auto U = Kind::unsigned_integer;
constexpr auto D = Kind::floating;
constexpr auto B = Kind::boolean;

std::unexpected<Error> not_convertible(Kind from, Kind to) {
  return fail(ErrorKind::invalid,
              cat("type conversion error from '", to_string(from), "' to '", to_string(to), '\''));
}
std::unexpected<Error> overflow(std::string_view what) {
  return fail(ErrorKind::invalid, cat(what, " overflow"));
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  // Go takes a sign that from_chars does not.
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (text.empty() || problem != std::errc() || stop != end) return std::nullopt;
  return number;
}

Result<Value> same(const Call& call) {
  return call.arguments[0];
}

Result<Value> int_of_uint(const Call& call) {
  const auto number = call.arguments[0].unsigned_integer();
  if (!std::in_range<std::int64_t>(number)) return overflow("integer");
  return Value::of(static_cast<std::int64_t>(number));
}
Result<Value> int_of_double(const Call& call) {
  const auto number = call.arguments[0].floating();
  // The open interval that CEL allows; both ends are exact doubles.
  const double limit = std::ldexp(1.0, 63);
  if (!(number > -limit && number < limit)) return overflow("integer");
  return Value::of(static_cast<std::int64_t>(number));
}
Result<Value> int_of_string(const Call& call) {
  const auto number = number_in<std::int64_t>(call.text(0));
  if (!number) return not_convertible(S, I);
  return Value::of(*number);
}

Result<Value> uint_of_int(const Call& call) {
  const auto number = call.arguments[0].integer();
  if (number < 0) return overflow("unsigned integer");
  return Value::of(static_cast<std::uint64_t>(number));
}
Result<Value> uint_of_double(const Call& call) {
  const auto number = call.arguments[0].floating();
  if (!(number >= 0 && number < std::ldexp(1.0, 64))) return overflow("unsigned integer");
  return Value::of(static_cast<std::uint64_t>(number));
}
Result<Value> uint_of_string(const Call& call) {
  const auto number = number_in<std::uint64_t>(call.text(0));
  if (!number) return not_convertible(S, U);
  return Value::of(*number);
}

Result<Value> double_of_int(const Call& call) {
  return Value::of(static_cast<double>(call.arguments[0].integer()));
}
Result<Value> double_of_uint(const Call& call) {
  return Value::of(static_cast<double>(call.arguments[0].unsigned_integer()));
}
Result<Value> double_of_string(const Call& call) {
  const auto number = number_in<double>(call.text(0));
  if (!number) return not_convertible(S, D);
  return Value::of(*number);
}

Result<Value> string_of_int(const Call& call) {
  return Value::of(std::to_string(call.arguments[0].integer()));
}
Result<Value> string_of_uint(const Call& call) {
  return Value::of(std::to_string(call.arguments[0].unsigned_integer()));
}
Result<Value> string_of_double(const Call& call) {
  return Value::of(floating_text(call.arguments[0].floating()));
}
Result<Value> string_of_bool(const Call& call) {
  return Value::of(call.arguments[0].boolean() ? "true" : "false");
}
Result<Value> string_of_bytes(const Call& call) {
  const auto& bytes = call.arguments[0].raw_bytes();
  if (!is_utf8(bytes))
    return fail(ErrorKind::invalid, "invalid UTF-8 in bytes, cannot convert to string");
  return Value::of(bytes);
}

Result<Value> bytes_of_string(const Call& call) {
  return Value::bytes(call.text(0));
}

Result<Value> bool_of_string(const Call& call) {
  constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> no{"0", "f", "F", "false", "FALSE", "False"};
  const std::string_view text = call.text(0);
  if (std::ranges::find(yes, text) != yes.end()) return Value::of(true);
  if (std::ranges::find(no, text) != no.end()) return Value::of(false);
  return not_convertible(S, B);
}

Result<Value> type_of(const Call& call) {
  return Value::of(call.arguments[0].kind());
}

constexpr std::array table{
    Overload{"int", false, 1, {I}, I, same},
    Overload{"int", false, 1, {U}, I, int_of_uint},
    Overload{"int", false, 1, {D}, I, int_of_double},
    Overload{"int", false, 1, {S}, I, int_of_string},
    Overload{"uint", false, 1, {U}, U, same},
    Overload{"uint", false, 1, {I}, U, uint_of_int},
    Overload{"uint", false, 1, {D}, U, uint_of_double},
    Overload{"uint", false, 1, {S}, U, uint_of_string},
    Overload{"double", false, 1, {D}, D, same},
    Overload{"double", false, 1, {I}, D, double_of_int},
    Overload{"double", false, 1, {U}, D, double_of_uint},
    Overload{"double", false, 1, {S}, D, double_of_string},
    Overload{"string", false, 1, {S}, S, same},
    Overload{"string", false, 1, {I}, S, string_of_int},
    Overload{"string", false, 1, {U}, S, string_of_uint},
    Overload{"string", false, 1, {D}, S, string_of_double},
    Overload{"string", false, 1, {B}, S, string_of_bool},
    Overload{"string", false, 1, {Kind::bytes}, S, string_of_bytes},
    Overload{"bytes", false, 1, {Kind::bytes}, Kind::bytes, same},
    Overload{"bytes", false, 1, {S}, Kind::bytes, bytes_of_string},
    Overload{"bool", false, 1, {B}, B, same},
    Overload{"bool", false, 1, {S}, B, bool_of_string},
    Overload{"dyn", false, 1, {Kind::any}, Kind::any, same},
    Overload{"type", false, 1, {Kind::any}, Kind::type, type_of},
};

}  // namespace

std::span<const Overload> conversion_functions() {
  return table;
}

}  // namespace signet::cel
