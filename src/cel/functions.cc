#include "cel/functions.h"

#include <algorithm>

#include "base/cat.h"

namespace signet::cel {
namespace {

std::array<std::span<const Overload>, 4> tables() {
  return {string_functions(), conversion_functions(), collection_functions(), optional_functions()};
}

bool fits(Kind wanted, Kind given) {
  return wanted == Kind::any || given == Kind::any || wanted == given;
}

}  // namespace

Result<void> Budget::spend(std::uint64_t steps) {
  if (steps > left_) {
    left_ = 0;
    return fail(ErrorKind::exhausted, "operation cancelled: actual cost limit exceeded");
  }
  left_ -= steps;
  return {};
}

bool Overload::accepts(std::span<const Value> arguments) const {
  if (arguments.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!fits(parameters[i], arguments[i].kind())) return false;
  }
  return true;
}

bool Overload::accepts(std::span<const Type> arguments) const {
  if (arguments.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!fits(parameters[i], arguments[i].kind)) return false;
  }
  // optional(T).orValue(T), optional(T).or(optional(T)).
  if (returns == Returns::content && count == 2) {
    return assignable(arguments[0].parameter(0), arguments[1]);
  }
  if (returns == Returns::first && count == 2) return assignable(arguments[0], arguments[1]);
  return true;
}

Type Overload::result_type(std::span<const Type> arguments) const {
  switch (returns) {
    case Returns::kind:
      break;
    case Returns::strings:
      return Type::list_of(Type::of(Kind::string));
    case Returns::first:
      return count == 2 ? joined(arguments[0], arguments[1]).value_or(Type{}) : arguments[0];
    case Returns::content:
      // optional.none() says nothing about its content; the alternative does.
      if (count == 2) return joined(arguments[0].parameter(0), arguments[1]).value_or(Type{});
      return arguments[0].parameter(0);
    case Returns::optional_first:
      return Type::optional_of(arguments[0]);
  }
  return Type::of(result);
}

bool is_function(std::string_view name) {
  return std::ranges::any_of(tables(), [name](std::span<const Overload> table) {
    return std::ranges::find(table, name, &Overload::name) != table.end();
  });
}

std::vector<const Overload*> overloads(std::string_view name, bool member, std::size_t arguments) {
  std::vector<const Overload*> out;
  for (const auto table : tables()) {
    for (const auto& row : table) {
      if (row.name == name && row.member == member && row.count == arguments) out.push_back(&row);
    }
  }
  return out;
}

std::unexpected<Error> no_such_overload() {
  return fail(ErrorKind::invalid, "no such overload");
}
std::unexpected<Error> out_of_range(std::int64_t index) {
  return fail(ErrorKind::invalid, cat("index out of range: ", index));
}

}  // namespace signet::cel
