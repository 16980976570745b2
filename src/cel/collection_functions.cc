#include <algorithm>
#include <array>

#include "base/try.h"
#include "cel/code_points.h"
#include "cel/functions.h"

namespace signet::cel {
namespace {

constexpr auto I = Kind::integer;
constexpr auto B = Kind::boolean;
constexpr auto L = Kind::list;

Value number_of(std::size_t count) {
  return Value::of(static_cast<std::int64_t>(count));
}
Result<Value> size_of_string(const Call& call) {
  return Value::of(length(call.text(0)));
}
Result<Value> size_of_bytes(const Call& call) {
  return number_of(call.arguments[0].raw_bytes().size());
}
Result<Value> size_of_list(const Call& call) {
  return number_of(call.arguments[0].list().size());
}
Result<Value> size_of_map(const Call& call) {
  return number_of(call.arguments[0].map().size());
}

// How many elements of the first list are in the second; as many as that takes in steps.
Result<std::size_t> shared(const Call& call, std::size_t first, std::size_t second) {
  const auto& elements = call.arguments[first].list();
  const auto steps = weight(call.arguments[second]);
  std::size_t count = 0;
  for (const auto& element : elements) {
    TRY_VOID(call.budget.spend(steps));
    const auto same = [&](const Value& other) { return equal(element, other); };
    if (std::ranges::any_of(call.arguments[second].list(), same)) ++count;
  }
  return count;
}

Result<Value> set_contains(const Call& call) {
  TRY(const auto count, shared(call, 1, 0));
  return Value::of(count == call.arguments[1].list().size());
}
Result<Value> set_intersects(const Call& call) {
  TRY(const auto count, shared(call, 0, 1));
  return Value::of(count > 0);
}
Result<Value> set_equivalent(const Call& call) {
  TRY(const auto left, shared(call, 0, 1));
  TRY(const auto right, shared(call, 1, 0));
  return Value::of(left == call.arguments[0].list().size() &&
                   right == call.arguments[1].list().size());
}

constexpr std::array table{
    Overload{"size", false, 1, {Kind::string}, I, size_of_string},
    Overload{"size", false, 1, {Kind::bytes}, I, size_of_bytes},
    Overload{"size", false, 1, {L}, I, size_of_list},
    Overload{"size", false, 1, {Kind::map}, I, size_of_map},
    Overload{"size", true, 1, {Kind::string}, I, size_of_string},
    Overload{"size", true, 1, {Kind::bytes}, I, size_of_bytes},
    Overload{"size", true, 1, {L}, I, size_of_list},
    Overload{"size", true, 1, {Kind::map}, I, size_of_map},
    Overload{"sets.contains", false, 2, {L, L}, B, set_contains},
    Overload{"sets.intersects", false, 2, {L, L}, B, set_intersects},
    Overload{"sets.equivalent", false, 2, {L, L}, B, set_equivalent},
};

}  // namespace

std::span<const Overload> collection_functions() {
  return table;
}

}  // namespace signet::cel
