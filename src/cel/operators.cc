#include "cel/operators.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/cat.h"
#include "base/try.h"

namespace signet::cel {
namespace {

std::unexpected<Error> overflow(bool is_signed) {
  return fail(ErrorKind::invalid, is_signed ? "integer overflow" : "unsigned integer overflow");
}

template <typename Whole>
Result<Value> whole_arithmetic(Operator op, Whole a, Whole b) {
  constexpr bool is_signed = std::numeric_limits<Whole>::is_signed;
  Whole out{};
  bool overflows = false;
  switch (op) {
    case Operator::add:
      overflows = __builtin_add_overflow(a, b, &out);
      break;
    case Operator::subtract:
      overflows = __builtin_sub_overflow(a, b, &out);
      break;
    case Operator::multiply:
      overflows = __builtin_mul_overflow(a, b, &out);
      break;
    default:
      if (b == 0) {
        return fail(ErrorKind::invalid,
                    op == Operator::divide ? "division by zero" : "modulus by zero");
      }
      if constexpr (is_signed) {
        if (a == std::numeric_limits<Whole>::min() && b == -1) return overflow(true);
      }
      return Value::of(op == Operator::divide ? a / b : a % b);
  }
  if (overflows) return overflow(is_signed);
  return Value::of(out);
}

Result<Value> real_arithmetic(Operator op, double a, double b) {
  switch (op) {
    case Operator::add:
      return Value::of(a + b);
    case Operator::subtract:
      return Value::of(a - b);
    case Operator::multiply:
      return Value::of(a * b);
    case Operator::divide:
      return Value::of(a / b);
    default:
      return no_such_overload();
  }
}

Result<Value> concatenation(const Value& left, const Value& right, Budget& budget) {
  switch (left.kind()) {
    case Kind::string:
      TRY_VOID(budget.spend((left.text().size() + right.text().size()) / 10));
      return Value::of(cat(left.text(), right.text()));
    case Kind::bytes:
      TRY_VOID(budget.spend((left.raw_bytes().size() + right.raw_bytes().size()) / 10));
      return Value::bytes(cat(left.raw_bytes(), right.raw_bytes()));
    case Kind::list: {
      TRY_VOID(budget.spend(left.list().size() + right.list().size()));
      List out = left.list();
      out.insert(out.end(), right.list().begin(), right.list().end());
      return Value::of(std::move(out));
    }
    default:
      return no_such_overload();
  }
}

Result<Value> arithmetic(Operator op, const Value& left, const Value& right, Budget& budget) {
  if (left.kind() != right.kind()) return no_such_overload();
  switch (left.kind()) {
    case Kind::integer:
      return whole_arithmetic(op, left.integer(), right.integer());
    case Kind::unsigned_integer:
      return whole_arithmetic(op, left.unsigned_integer(), right.unsigned_integer());
    case Kind::floating:
      return real_arithmetic(op, left.floating(), right.floating());
    default:
      return op == Operator::add ? concatenation(left, right, budget) : no_such_overload();
  }
}

Result<Value> comparison(Operator op, const Value& left, const Value& right, Budget& budget) {
  TRY_VOID(budget.spend(std::min(weight(left), weight(right))));
  if (op == Operator::equal) return Value::of(equal(left, right));
  if (op == Operator::not_equal) return Value::of(!equal(left, right));
  const auto ordering = order(left, right);
  if (!ordering) return no_such_overload();
  switch (op) {
    case Operator::less:
      return Value::of(*ordering < 0);
    case Operator::less_equal:
      return Value::of(*ordering <= 0);
    case Operator::greater:
      return Value::of(*ordering > 0);
    default:
      return Value::of(*ordering >= 0);
  }
}

Result<Value> membership(const Value& element, const Value& container, Budget& budget) {
  if (container.kind() == Kind::map) {
    return Value::of(find(container.map(), element) != nullptr);
  }
  if (container.kind() != Kind::list) return no_such_overload();
  TRY_VOID(budget.spend(container.list().size()));
  return Value::of(std::ranges::any_of(container.list(),
                                       [&](const Value& other) { return equal(element, other); }));
}

Result<Value> negation(const Value& value) {
  if (value.kind() == Kind::floating) return Value::of(-value.floating());
  if (value.kind() != Kind::integer) return no_such_overload();
  if (value.integer() == std::numeric_limits<std::int64_t>::min()) return overflow(true);
  return Value::of(-value.integer());
}

bool known(Kind kind) {
  return kind != Kind::any;
}

std::optional<Type> arithmetic_type(Operator op, const Type& left, const Type& right) {
  const auto takes = [op](Kind kind) {
    if (kind == Kind::any || kind == Kind::integer || kind == Kind::unsigned_integer) return true;
    if (kind == Kind::floating) return op != Operator::modulo;
    return op == Operator::add &&
           (kind == Kind::string || kind == Kind::bytes || kind == Kind::list);
  };
  if (!takes(left.kind) || !takes(right.kind)) return std::nullopt;
  if (known(left.kind) && known(right.kind)) {
    if (left.kind != right.kind) return std::nullopt;
    if (left.kind == Kind::list) return joined(left, right).value_or(Type::list_of({}));
  }
  // One known operand decides: the other is of its type or the sum is an error.
  return known(left.kind) ? left : right;
}

std::optional<Type> order_type(const Type& left, const Type& right) {
  const auto takes = [](Kind kind) {
    return kind == Kind::any || kind == Kind::boolean || kind == Kind::string ||
           kind == Kind::bytes || is_number(kind);
  };
  if (!takes(left.kind) || !takes(right.kind)) return std::nullopt;
  const bool numbers = is_number(left.kind) && is_number(right.kind);
  if (known(left.kind) && known(right.kind) && left.kind != right.kind && !numbers) {
    return std::nullopt;
  }
  return Type::of(Kind::boolean);
}

std::optional<Type> membership_type(const Type& element, const Type& container) {
  const bool takes = container.kind == Kind::any ||
                     ((container.kind == Kind::list || container.kind == Kind::map) &&
                      assignable(element, container.parameter(0)));
  if (!takes) return std::nullopt;
  return Type::of(Kind::boolean);
}

}  // namespace

std::string_view name_of(Operator op) {
  switch (op) {
    case Operator::add:
      return "_+_";
    case Operator::subtract:
      return "_-_";
    case Operator::multiply:
      return "_*_";
    case Operator::divide:
      return "_/_";
    case Operator::modulo:
      return "_%_";
    case Operator::negate:
      return "-_";
    case Operator::equal:
      return "_==_";
    case Operator::not_equal:
      return "_!=_";
    case Operator::less:
      return "_<_";
    case Operator::less_equal:
      return "_<=_";
    case Operator::greater:
      return "_>_";
    case Operator::greater_equal:
      return "_>=_";
    case Operator::in:
      return "@in";
    case Operator::logical_not:
      return "!_";
  }
  return "";
}

Result<Value> apply(Operator op, const Value& left, const Value& right, Budget& budget) {
  switch (op) {
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::modulo:
      return arithmetic(op, left, right, budget);
    case Operator::negate:
      return negation(left);
    case Operator::logical_not:
      if (left.kind() != Kind::boolean) return no_such_overload();
      return Value::of(!left.boolean());
    case Operator::in:
      return membership(left, right, budget);
    default:
      return comparison(op, left, right, budget);
  }
}

std::optional<Type> result_type(Operator op, std::span<const Type> operands) {
  const auto& first = operands[0];
  switch (op) {
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::modulo:
      return arithmetic_type(op, first, operands[1]);
    case Operator::negate:
      if (known(first.kind) && first.kind != Kind::integer && first.kind != Kind::floating) {
        return std::nullopt;
      }
      return first;
    case Operator::logical_not:
      if (known(first.kind) && first.kind != Kind::boolean) return std::nullopt;
      return Type::of(Kind::boolean);
    case Operator::equal:
    case Operator::not_equal:
      if (!assignable(first, operands[1])) return std::nullopt;
      return Type::of(Kind::boolean);
    case Operator::in:
      return membership_type(first, operands[1]);
    default:
      return order_type(first, operands[1]);
  }
}

}  // namespace signet::cel
