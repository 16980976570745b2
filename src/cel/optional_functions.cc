#include <array>

#include "cel/functions.h"

namespace signet::cel {
namespace {

constexpr auto any = Kind::any;
constexpr auto O = Kind::optional;

bool is_zero(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return !value.boolean();
    case Kind::integer:
      return value.integer() == 0;
    case Kind::unsigned_integer:
      return value.unsigned_integer() == 0;
    case Kind::floating:
      return value.floating() == 0;
    case Kind::string:
      return value.text().empty();
    case Kind::bytes:
      return value.raw_bytes().empty();
    case Kind::list:
      return value.list().empty();
    case Kind::map:
      return value.map().empty();
    case Kind::optional:
      return value.content() == nullptr;
    default:
      return false;
  }
}

Result<Value> some(const Call& call) {
  return Value::some(call.arguments[0]);
}
Result<Value> some_unless_zero(const Call& call) {
  return is_zero(call.arguments[0]) ? Value::none() : Value::some(call.arguments[0]);
}
Result<Value> none(const Call& /*call*/) {
  return Value::none();
}
Result<Value> has_value(const Call& call) {
  return Value::of(call.arguments[0].content() != nullptr);
}
Result<Value> value(const Call& call) {
  const auto* content = call.arguments[0].content();
  if (content == nullptr) return fail(ErrorKind::invalid, "optional.none() dereference");
  return *content;
}
Result<Value> value_or(const Call& call) {
  const auto* content = call.arguments[0].content();
  return content == nullptr ? call.arguments[1] : *content;
}
Result<Value> either(const Call& call) {
  return call.arguments[0].content() == nullptr ? call.arguments[1] : call.arguments[0];
}

constexpr std::array table{
    Overload{"optional.of", false, 1, {any}, O, some, Returns::optional_first},
    Overload{
        "optional.ofNonZeroValue", false, 1, {any}, O, some_unless_zero, Returns::optional_first},
    Overload{"optional.none", false, 0, {}, O, none},
    Overload{"hasValue", true, 1, {O}, Kind::boolean, has_value},
    Overload{"value", true, 1, {O}, any, value, Returns::content},
    Overload{"orValue", true, 2, {O, any}, any, value_or, Returns::content},
    Overload{"or", true, 2, {O, O}, O, either, Returns::first},
};

}  // namespace

std::span<const Overload> optional_functions() {
  return table;
}

}  // namespace signet::cel
