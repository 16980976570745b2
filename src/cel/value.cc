#include "cel/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace signet::cel {
namespace {

template <typename Whole>
std::partial_ordering compare_whole(Whole whole, double real) {
  if (std::isnan(real)) return std::partial_ordering::unordered;
  // Beyond what the whole type holds the answer is clear; within, truncation loses no order.
  const double low = static_cast<double>(std::numeric_limits<Whole>::min());
  const double high = std::ldexp(1.0, std::numeric_limits<Whole>::digits);
  if (real < low) return std::partial_ordering::greater;
  if (real >= high) return std::partial_ordering::less;
  const double cut = std::trunc(real);
  const auto other = static_cast<Whole>(cut);
  if (whole != other) return whole <=> other;
  return 0.0 <=> (real - cut);
}

std::partial_ordering reversed(std::partial_ordering ordering) {
  return 0 <=> ordering;
}

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  const auto left = a.kind();
  const auto right = b.kind();
  if (left == Kind::floating) {
    if (right == Kind::floating) return a.floating() <=> b.floating();
    return reversed(compare_numbers(b, a));
  }
  if (left == Kind::integer) {
    if (right == Kind::integer) return a.integer() <=> b.integer();
    if (right == Kind::floating) return compare_whole(a.integer(), b.floating());
    if (a.integer() < 0) return std::partial_ordering::less;
    return static_cast<std::uint64_t>(a.integer()) <=> b.unsigned_integer();
  }
  if (right == Kind::unsigned_integer) return a.unsigned_integer() <=> b.unsigned_integer();
  if (right == Kind::floating) return compare_whole(a.unsigned_integer(), b.floating());
  return reversed(compare_numbers(b, a));
}

bool equal_maps(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a, [&](const auto& entry) {
    const auto* other = find(b, entry.first);
    return other != nullptr && equal(entry.second, *other);
  });
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::any:
      return "dyn";
    case Kind::null:
      return "null_type";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::unsigned_integer:
      return "uint";
    case Kind::floating:
      return "double";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::type:
      return "type";
    case Kind::optional:
      return "optional_type";
  }
  return "";
}

Value Value::of(std::string text) {
  return Value(Data(Text{std::make_shared<const std::string>(std::move(text))}));
}
Value Value::of(List elements) {
  return Value(Data(std::make_shared<const List>(std::move(elements))));
}
Value Value::of(Map entries) {
  return Value(Data(std::make_shared<const Map>(std::move(entries))));
}
Value Value::bytes(std::string bytes) {
  return Value(Data(Bytes{std::make_shared<const std::string>(std::move(bytes))}));
}
Value Value::some(Value value) {
  return Value(Data(Optional{std::make_shared<const Value>(std::move(value))}));
}

Kind Value::kind() const {
  constexpr std::array kinds{Kind::null,     Kind::boolean, Kind::integer, Kind::unsigned_integer,
                             Kind::floating, Kind::string,  Kind::bytes,   Kind::list,
                             Kind::map,      Kind::type,    Kind::optional};
  static_assert(kinds.size() == std::variant_size_v<Data>);
  return kinds[data_.index()];
}

bool is_number(Kind kind) {
  return kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::floating;
}

bool can_be_key(Kind kind) {
  return kind == Kind::boolean || kind == Kind::string || is_number(kind);
}

bool KeyLess::operator()(const Value& a, const Value& b) const {
  // Kinds that have no order between them are told apart first; all numbers are one class.
  const auto rank = [](Kind kind) { return is_number(kind) ? Kind::integer : kind; };
  const auto left = rank(a.kind());
  const auto right = rank(b.kind());
  if (left != right) return left < right;
  const auto ordering = order(a, b);
  return ordering && *ordering < 0;
}

std::optional<std::partial_ordering> order(const Value& a, const Value& b) {
  if (is_number(a.kind()) && is_number(b.kind())) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::boolean:
      return a.boolean() <=> b.boolean();
    case Kind::string:
      return a.text() <=> b.text();
    case Kind::bytes:
      return a.raw_bytes() <=> b.raw_bytes();
    default:
      return std::nullopt;
  }
}

bool equal(const Value& a, const Value& b) {
  if (const auto ordering = order(a, b)) return *ordering == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::null:
      return true;
    case Kind::list:
      return std::ranges::equal(a.list(), b.list(), equal);
    case Kind::map:
      return equal_maps(a.map(), b.map());
    case Kind::type:
      return a.type() == b.type();
    case Kind::optional:
      if (a.content() == nullptr || b.content() == nullptr) return a.content() == b.content();
      return equal(*a.content(), *b.content());
    default:
      return false;
  }
}

const Value* find(const Map& map, const Value& key) {
  if (!can_be_key(key.kind())) return nullptr;
  if (key.kind() == Kind::floating && std::isnan(key.floating())) return nullptr;
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

std::uint64_t weight(const Value& value) {
  constexpr std::uint64_t bytes_a_step = 10;  // as Kubernetes counts the traversal of a string
  switch (value.kind()) {
    case Kind::string:
      return 1 + value.text().size() / bytes_a_step;
    case Kind::bytes:
      return 1 + value.raw_bytes().size() / bytes_a_step;
    case Kind::list: {
      std::uint64_t sum = 1;
      for (const auto& element : value.list()) sum += weight(element);
      return sum;
    }
    case Kind::map: {
      std::uint64_t sum = 1;
      for (const auto& [key, member] : value.map()) sum += weight(key) + weight(member);
      return sum;
    }
    case Kind::optional:
      return 1 + (value.content() == nullptr ? 0 : weight(*value.content()));
    default:
      return 1;
  }
}

std::string floating_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

}  // namespace signet::cel
