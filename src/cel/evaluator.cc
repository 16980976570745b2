#include "cel/evaluator.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "cel/functions.h"
#include "cel/operators.h"

namespace signet::cel {
namespace {

using NodeKind = Expression::Kind;

std::string key_text(const Value& key) {
  switch (key.kind()) {
    case Kind::string:
      return excerpt(key.text());
    case Kind::boolean:
      return key.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(key.integer());
    case Kind::unsigned_integer:
      return std::to_string(key.unsigned_integer());
    case Kind::floating:
      return floating_text(key.floating());
    default:
      return std::string(to_string(key.kind()));
  }
}
std::unexpected<Error> no_such_key(const Value& key) {
  return fail(ErrorKind::invalid, cat("no such key: ", key_text(key)));
}

// Of a list: a whole number, whatever its type.
std::optional<std::int64_t> position(const Value& index) {
  switch (index.kind()) {
    case Kind::integer:
      return index.integer();
    case Kind::unsigned_integer:
      if (!std::in_range<std::int64_t>(index.unsigned_integer())) return std::nullopt;
      return static_cast<std::int64_t>(index.unsigned_integer());
    case Kind::floating: {
      constexpr double exact_max = 9007199254740992.0;  // 2^53
      const double number = index.floating();
      if (!(std::fabs(number) <= exact_max) || std::trunc(number) != number) return std::nullopt;
      return static_cast<std::int64_t>(number);
    }
    default:
      return std::nullopt;
  }
}

class Evaluator {
 public:
  Evaluator(std::span<const Value* const> variables, std::uint64_t steps_max)
      : variables_(variables), budget_(steps_max) {}

  Result<Value> run(const Expression& node);

 private:
  Result<Value> name(const Expression& node) const;
  Result<Value> select(const Expression& node);
  Result<Value> index(const Expression& node);
  // What is found in `container` under `key`; missing: an error, or none for an optional look-up.
  static Result<Value> look_up(const Value& container, const Value& key, bool optional);
  Result<Value> call(const Expression& node);
  Result<Value> operation(const Expression& node);
  // The operands of && (decisive: false) or || (decisive: true).
  Result<Value> logical(const Expression& node, bool decisive);
  Result<Value> conditional(const Expression& node);
  Result<Value> list(const Expression& node);
  Result<Value> map(const Expression& node);
  Result<Value> macro(const Expression& node);
  Result<Value> quantifier(const Expression& node, const List& range);
  Result<Value> exists_one(const Expression& node, const List& range);
  Result<Value> collection(const Expression& node, const List& range);
  Result<Value> of_optional(const Expression& node, const Value& range);
  Result<bool> truth(const Expression& node);
  Result<Value> with_local(const Expression& node, const Value& value);

  std::span<const Value* const> variables_;
  std::vector<Value> locals_;
  Budget budget_;
};

// As deep as the tree, which the parser has limited.
Result<Value> Evaluator::run(const Expression& node) {
  TRY_VOID(budget_.spend(1));
  switch (node.kind) {
    case NodeKind::constant:
      return node.constant;
    case NodeKind::name:
      return name(node);
    case NodeKind::select:
      return select(node);
    case NodeKind::index:
      return index(node);
    case NodeKind::call:
      return call(node);
    case NodeKind::operation:
      return operation(node);
    case NodeKind::logical_and:
      return logical(node, false);
    case NodeKind::logical_or:
      return logical(node, true);
    case NodeKind::conditional:
      return conditional(node);
    case NodeKind::list:
      return list(node);
    case NodeKind::map:
      return map(node);
    case NodeKind::macro:
      return macro(node);
  }
  return no_such_overload();
}

Result<Value> Evaluator::name(const Expression& node) const {
  if (node.local) return locals_[node.slot];
  const auto* value = variables_[node.slot];
  if (value == nullptr) {
    return fail(ErrorKind::invalid, cat("no such attribute(s): ", node.name));
  }
  return *value;
}

Result<Value> Evaluator::select(const Expression& node) {
  TRY(auto operand, run(*node.operands[0]));
  const bool chained = operand.kind() == Kind::optional;
  if (chained) {
    if (operand.content() == nullptr) {
      return node.test_only ? Value::of(false) : Value::none();
    }
    operand = Value(*operand.content());
  }
  if (operand.kind() != Kind::map) return no_such_overload();
  const auto key = Value::of(node.name);
  if (node.test_only) return Value::of(find(operand.map(), key) != nullptr);
  return look_up(operand, key, chained || node.optional);
}

Result<Value> Evaluator::index(const Expression& node) {
  TRY(auto container, run(*node.operands[0]));
  TRY(const auto key, run(*node.operands[1]));
  const bool chained = container.kind() == Kind::optional;
  if (chained) {
    if (container.content() == nullptr) return Value::none();
    container = Value(*container.content());
  }
  return look_up(container, key, chained || node.optional);
}

Result<Value> Evaluator::look_up(const Value& container, const Value& key, bool optional) {
  const Value* found = nullptr;
  if (container.kind() == Kind::map) {
    found = find(container.map(), key);
    if (found == nullptr && !optional) return no_such_key(key);
  } else if (container.kind() == Kind::list) {
    const auto at = position(key);
    if (!at) {
      return fail(ErrorKind::invalid,
                  cat("unsupported index type '", to_string(key.kind()), "' in list"));
    }
    const auto& elements = container.list();
    if (*at >= 0 && std::cmp_less(*at, elements.size())) {
      found = &elements[static_cast<std::size_t>(*at)];
    } else if (!optional) {
      return fail(ErrorKind::invalid, cat("index out of bounds: ", *at));
    }
  } else {
    return no_such_overload();
  }
  if (!optional) return *found;
  return found == nullptr ? Value::none() : Value::some(*found);
}

Result<Value> Evaluator::call(const Expression& node) {
  std::vector<Value> arguments;
  arguments.reserve(node.operands.size());
  for (const auto& operand : node.operands) {
    TRY(auto value, run(*operand));
    // An alternative to a value that is there is not looked at.
    const bool decided = arguments.empty() && value.kind() == Kind::optional &&
                         value.content() != nullptr && node.operands.size() == 2;
    if (decided && node.name == "orValue") return *value.content();
    if (decided && node.name == "or") return value;
    TRY_VOID(budget_.spend(value.kind() == Kind::string ? value.text().size() / 10 : 0));
    arguments.push_back(std::move(value));
  }
  for (const auto* row : node.overloads) {
    if (!row->accepts(arguments)) continue;
    return row->run(
        {.arguments = arguments, .budget = budget_, .regex = node.regex ? &*node.regex : nullptr});
  }
  return no_such_overload();
}

Result<Value> Evaluator::operation(const Expression& node) {
  TRY(const auto left, run(*node.operands[0]));
  if (node.operands.size() == 1) return apply(node.op, left, left, budget_);
  TRY(const auto right, run(*node.operands[1]));
  return apply(node.op, left, right, budget_);
}

Result<bool> Evaluator::truth(const Expression& node) {
  TRY(const auto value, run(node));
  if (value.kind() != Kind::boolean) return no_such_overload();
  return value.boolean();
}

Result<Value> Evaluator::logical(const Expression& node, bool decisive) {
  std::optional<Error> error;
  for (const auto& operand : node.operands) {
    auto value = truth(*operand);
    if (value) {
      if (*value == decisive) return Value::of(decisive);
    } else if (value.error().kind == ErrorKind::exhausted) {
      return std::unexpected(std::move(value).error());
    } else if (!error) {
      error = std::move(value).error();
    }
  }
  if (error) return std::unexpected(*std::move(error));
  return Value::of(!decisive);
}

Result<Value> Evaluator::conditional(const Expression& node) {
  TRY(const bool condition, truth(*node.operands[0]));
  return run(*node.operands[condition ? 1 : 2]);
}

// What an entry marked with ? adds: its content, or nothing. An error for what is no optional.
Result<const Value*> entry(const Value& value, bool optional) {
  if (!optional) return &value;
  if (value.kind() != Kind::optional) return no_such_overload();
  return value.content();
}

Result<Value> Evaluator::list(const Expression& node) {
  List out;
  out.reserve(node.operands.size());
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    TRY(const auto value, run(*node.operands[i]));
    TRY(const auto* const element, entry(value, node.optional_entries[i]));
    if (element != nullptr) out.push_back(*element);
  }
  return Value::of(std::move(out));
}

Result<Value> Evaluator::map(const Expression& node) {
  Map out;
  for (std::size_t i = 0; i < node.operands.size(); i += 2) {
    TRY(auto key, run(*node.operands[i]));
    TRY(const auto value, run(*node.operands[i + 1]));
    TRY(const auto* const member, entry(value, node.optional_entries[i / 2]));
    if (!can_be_key(key.kind()) || key.kind() == Kind::floating) {
      return fail(ErrorKind::invalid, "unsupported key type");
    }
    if (member == nullptr) continue;
    const auto [at, added] = out.emplace(std::move(key), *member);
    if (!added) return fail(ErrorKind::invalid, "Failed with repeated key");
  }
  return Value::of(std::move(out));
}

// The macro's variable stands where the checker said: above those of the macros around it.
Result<Value> Evaluator::with_local(const Expression& node, const Value& value) {
  locals_.push_back(value);
  auto result = run(node);
  locals_.pop_back();
  return result;
}

Result<Value> Evaluator::macro(const Expression& node) {
  TRY(const auto range, run(*node.operands[0]));
  if (node.macro == Macro::opt_map || node.macro == Macro::opt_flat_map) {
    return of_optional(node, range);
  }
  List keys;
  if (range.kind() == Kind::map) {
    TRY_VOID(budget_.spend(range.map().size()));
    for (const auto& [key, value] : range.map()) keys.push_back(key);
  } else if (range.kind() != Kind::list) {
    return no_such_overload();
  }
  const auto& elements = range.kind() == Kind::list ? range.list() : keys;
  switch (node.macro) {
    case Macro::all:
    case Macro::exists:
      return quantifier(node, elements);
    case Macro::exists_one:
      return exists_one(node, elements);
    default:
      return collection(node, elements);
  }
}

// As && and || over all elements.
Result<Value> Evaluator::quantifier(const Expression& node, const List& range) {
  const bool decisive = node.macro == Macro::exists;
  std::optional<Error> error;
  for (const auto& element : range) {
    auto value = with_local(*node.operands[1], element);
    if (value && value->kind() != Kind::boolean) value = no_such_overload();
    if (value) {
      if (value->boolean() == decisive) return Value::of(decisive);
    } else if (value.error().kind == ErrorKind::exhausted) {
      return value;
    } else if (!error) {
      error = std::move(value).error();
    }
  }
  if (error) return std::unexpected(*std::move(error));
  return Value::of(!decisive);
}

Result<Value> Evaluator::exists_one(const Expression& node, const List& range) {
  std::size_t count = 0;
  for (const auto& element : range) {
    TRY(const auto value, with_local(*node.operands[1], element));
    if (value.kind() != Kind::boolean) return no_such_overload();
    if (value.boolean()) ++count;
  }
  return Value::of(count == 1);
}

// map(x, f), map(x, p, f) and filter(x, p).
Result<Value> Evaluator::collection(const Expression& node, const List& range) {
  const bool chooses = node.macro == Macro::filter || node.operands.size() == 3;
  List out;
  for (const auto& element : range) {
    if (chooses) {
      TRY(const auto chosen, with_local(*node.operands[1], element));
      if (chosen.kind() != Kind::boolean) return no_such_overload();
      if (!chosen.boolean()) continue;
    }
    if (node.macro == Macro::filter) {
      out.push_back(element);
    } else {
      TRY(auto made, with_local(*node.operands.back(), element));
      out.push_back(std::move(made));
    }
  }
  return Value::of(std::move(out));
}

Result<Value> Evaluator::of_optional(const Expression& node, const Value& range) {
  if (range.kind() != Kind::optional) return no_such_overload();
  if (range.content() == nullptr) return Value::none();
  TRY(auto made, with_local(*node.operands[1], *range.content()));
  if (node.macro == Macro::opt_map) return Value::some(std::move(made));
  if (made.kind() != Kind::optional) return no_such_overload();
  return made;
}

}  // namespace

Result<Value> evaluate(const Expression& root, std::span<const Value* const> variables,
                       std::uint64_t steps_max) {
  return Evaluator(variables, steps_max).run(root);
}

}  // namespace signet::cel
