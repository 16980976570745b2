#include "cel/checker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "cel/functions.h"
#include "cel/operators.h"
#include "cel/syntax_error.h"

namespace signet::cel {
namespace {

using NodeKind = Expression::Kind;

constexpr std::array type_names{Kind::boolean,  Kind::integer, Kind::unsigned_integer,
                                Kind::floating, Kind::string,  Kind::bytes,
                                Kind::list,     Kind::map,     Kind::null,
                                Kind::type,     Kind::optional};

std::string list_of(std::span<const Type> types) {
  std::string out;
  for (const auto& type : types) append(out, out.empty() ? "" : ", ", to_string(type));
  return out;
}

class Checker {
 public:
  Checker(std::span<const Variable> variables, std::string_view text)
      : variables_(variables), text_(text) {}

  Result<Type> check(Expression& node);

 private:
  std::unexpected<Error> error(const Expression& node, std::string_view message) const {
    return fail(ErrorKind::invalid, located(text_, node.offset, message));
  }
  std::unexpected<Error> undeclared(const Expression& node) const {
    return error(node, cat("undeclared reference to '", node.name, "' (in container '')"));
  }
  std::unexpected<Error> no_overload(const Expression& node, std::string_view name,
                                     std::span<const Type> types) const {
    return error(node, cat("found no matching overload for '", name, "' applied to '(",
                           list_of(types), ")'"));
  }
  Result<std::vector<Type>> operands(Expression& node);

  Result<Type> name(Expression& node) const;
  Result<Type> select(Expression& node);
  Result<Type> field(const Expression& node, const Type& type) const;
  Result<Type> index(Expression& node);
  Result<Type> call(Expression& node);
  Result<Type> logical(Expression& node, std::string_view symbol);
  Result<Type> conditional(Expression& node);
  Result<Type> entries(Expression& node);
  Result<Type> macro(Expression& node);
  Result<Type> in_macro(Expression& node, const Type& element);
  Result<void> predicate(Expression& node);

  std::span<const Variable> variables_;
  std::string_view text_;
  std::vector<std::pair<std::string_view, Type>> locals_;
};

Result<std::vector<Type>> Checker::operands(Expression& node) {
  std::vector<Type> types;
  for (const auto& operand : node.operands) {
    TRY(auto type, check(*operand));
    types.push_back(std::move(type));
  }
  return types;
}

// As deep as the tree, which the parser has limited.
Result<Type> Checker::check(Expression& node) {
  switch (node.kind) {
    case NodeKind::constant:
      return Type::of(node.constant.kind());
    case NodeKind::name:
      return name(node);
    case NodeKind::select:
      return select(node);
    case NodeKind::index:
      return index(node);
    case NodeKind::call:
      return call(node);
    case NodeKind::operation: {
      TRY(const auto types, operands(node));
      auto result = result_type(node.op, types);
      if (!result) return no_overload(node, name_of(node.op), types);
      return *std::move(result);
    }
    case NodeKind::logical_and:
      return logical(node, "_&&_");
    case NodeKind::logical_or:
      return logical(node, "_||_");
    case NodeKind::conditional:
      return conditional(node);
    case NodeKind::list:
    case NodeKind::map:
      return entries(node);
    case NodeKind::macro:
      return macro(node);
  }
  return Type{};
}

Result<Type> Checker::name(Expression& node) const {
  for (std::size_t i = locals_.size(); i-- > 0;) {
    if (locals_[i].first != node.name) continue;
    node.local = true;
    node.slot = i;
    return locals_[i].second;
  }
  const auto variable = std::ranges::find(variables_, node.name, &Variable::name);
  if (variable != variables_.end()) {
    node.slot = static_cast<std::size_t>(variable - variables_.begin());
    return variable->type;
  }
  for (const auto kind : type_names) {
    if (to_string(kind) != node.name) continue;
    node.kind = NodeKind::constant;
    node.constant = Value::of(kind);
    return Type::of(Kind::type);
  }
  return undeclared(node);
}

Result<Type> Checker::field(const Expression& node, const Type& type) const {
  if (type.kind == Kind::any) return Type{};
  if (type.kind != Kind::map) {
    return error(node, cat("type '", to_string(type), "' does not support field selection"));
  }
  if (type.object == nullptr) return type.parameter(1);
  const auto found = type.object->fields.find(node.name);
  if (found == type.object->fields.end()) {
    return error(node, cat("undefined field '", node.name, '\''));
  }
  return found->second;
}

Result<Type> Checker::select(Expression& node) {
  TRY(const auto operand, check(*node.operands[0]));
  // What is selected from an optional is optional, too.
  const bool chained = operand.kind == Kind::optional;
  TRY(auto found, field(node, chained ? operand.parameter(0) : operand));
  if (node.test_only) return Type::of(Kind::boolean);
  return chained || node.optional ? Type::optional_of(std::move(found)) : std::move(found);
}

Result<Type> Checker::index(Expression& node) {
  TRY(const auto types, operands(node));
  const bool chained = types[0].kind == Kind::optional;
  const auto container = chained ? types[0].parameter(0) : types[0];
  const auto& key = types[1];
  Type found;
  if (container.kind == Kind::list) {
    if (key.kind != Kind::any && key.kind != Kind::integer) {
      return no_overload(node, "_[_]", types);
    }
    found = container.parameter(0);
  } else if (container.kind == Kind::map && container.object == nullptr) {
    if (!assignable(key, container.parameter(0))) return no_overload(node, "_[_]", types);
    found = container.parameter(1);
  } else if (container.kind != Kind::any) {
    return no_overload(node, "_[_]", types);
  }
  return chained || node.optional ? Type::optional_of(std::move(found)) : std::move(found);
}

Result<Type> Checker::call(Expression& node) {
  if (!is_function(node.name)) return undeclared(node);
  TRY(const auto types, operands(node));
  node.overloads = overloads(node.name, node.member, types.size());
  std::erase_if(node.overloads, [&](const Overload* row) { return !row->accepts(types); });
  if (node.overloads.empty()) {
    if (!node.member) return no_overload(node, node.name, types);
    return error(node, cat("found no matching overload for '", node.name, "' applied to '",
                           to_string(types[0]), ".(", list_of(std::span(types).subspan(1)), ")'"));
  }
  const auto pattern = node.overloads.front()->pattern;
  if (pattern >= 0) {
    const auto& literal = *node.operands[static_cast<std::size_t>(pattern)];
    if (literal.kind == NodeKind::constant && literal.constant.kind() == Kind::string) {
      auto regex = Regex::compile(literal.constant.text());
      if (!regex) return error(literal, regex.error().message);
      node.regex = *std::move(regex);
    }
  }
  auto result = node.overloads.front()->result_type(types);
  for (const auto* row : std::span(node.overloads).subspan(1)) {
    result = joined(result, row->result_type(types)).value_or(Type{});
  }
  return result;
}

Result<Type> Checker::logical(Expression& node, std::string_view symbol) {
  TRY(const auto types, operands(node));
  const auto is_truth = [](const Type& type) {
    return type.kind == Kind::any || type.kind == Kind::boolean;
  };
  if (!std::ranges::all_of(types, is_truth)) return no_overload(node, symbol, types);
  return Type::of(Kind::boolean);
}

Result<Type> Checker::conditional(Expression& node) {
  TRY(const auto types, operands(node));
  const bool truth = types[0].kind == Kind::any || types[0].kind == Kind::boolean;
  auto result = joined(types[1], types[2]);
  if (!truth || !result) return no_overload(node, "_?_:_", types);
  return *std::move(result);
}

// Of a list, or of a map with its keys at even places.
Result<Type> Checker::entries(Expression& node) {
  const std::size_t width = node.kind == NodeKind::map ? 2 : 1;
  std::array<std::optional<Type>, 2> common;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    TRY(auto type, check(*node.operands[i]));
    const bool is_value = i % width == width - 1;
    if (is_value && node.optional_entries[i / width]) {
      if (type.kind != Kind::any && type.kind != Kind::optional) {
        return error(*node.operands[i], cat("expected type 'optional_type(", to_string(type),
                                            ")' but found '", to_string(type), '\''));
      }
      type = type.parameter(0);
    }
    auto& so_far = common[i % width];
    so_far = so_far ? joined(*so_far, type).value_or(Type{}) : std::move(type);
  }
  const auto first = common[0].value_or(Type{});
  if (node.kind == NodeKind::list) return Type::list_of(first);
  return Type::map_of(first, common[1].value_or(Type{}));
}

Result<void> Checker::predicate(Expression& node) {
  TRY(const auto type, check(node));
  if (type.kind != Kind::any && type.kind != Kind::boolean) {
    return error(node, cat("expected type 'bool' but found '", to_string(type), '\''));
  }
  return {};
}

Result<Type> Checker::macro(Expression& node) {
  TRY(const auto range, check(*node.operands[0]));
  const bool optional = node.macro == Macro::opt_map || node.macro == Macro::opt_flat_map;
  const bool fits =
      range.kind == Kind::any || (optional ? range.kind == Kind::optional
                                           : range.kind == Kind::list || range.kind == Kind::map);
  if (!fits || (range.kind == Kind::map && range.object != nullptr)) {
    return error(node, cat("expression of type '", to_string(range),
                           "' cannot be range of a comprehension (must be list, map, or dynamic)"));
  }
  locals_.emplace_back(node.name, range.parameter(0));
  auto result = in_macro(node, range.parameter(0));
  locals_.pop_back();
  return result;
}

Result<Type> Checker::in_macro(Expression& node, const Type& element) {
  auto& body = *node.operands.back();
  switch (node.macro) {
    case Macro::all:
    case Macro::exists:
    case Macro::exists_one:
      TRY_VOID(predicate(body));
      return Type::of(Kind::boolean);
    case Macro::filter:
      TRY_VOID(predicate(body));
      return Type::list_of(element);
    case Macro::map: {
      if (node.operands.size() == 3) TRY_VOID(predicate(*node.operands[1]));
      TRY(auto type, check(body));
      return Type::list_of(std::move(type));
    }
    case Macro::opt_map: {
      TRY(auto type, check(body));
      return Type::optional_of(std::move(type));
    }
    case Macro::opt_flat_map: {
      TRY(auto type, check(body));
      if (type.kind != Kind::any && type.kind != Kind::optional) {
        return error(body,
                     cat("expected type 'optional_type(dyn)' but found '", to_string(type), '\''));
      }
      return type;
    }
  }
  return Type{};
}

}  // namespace

Result<Type> check(Expression& root, std::span<const Variable> variables, std::string_view text) {
  return Checker(variables, text).check(root);
}

}  // namespace signet::cel
