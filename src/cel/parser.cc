#include "cel/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "cel/lexer.h"
#include "cel/macros.h"
#include "cel/number_literal.h"
#include "cel/syntax_error.h"

namespace signet::cel {
namespace {

using Kind = Expression::Kind;
using Parsed = Result<ExpressionPtr>;

struct BinaryRow {
  std::string_view symbol;
  Operator op;
};
constexpr std::array<BinaryRow, 7> relations{{{"==", Operator::equal},
                                              {"!=", Operator::not_equal},
                                              {"<=", Operator::less_equal},
                                              {">=", Operator::greater_equal},
                                              {"<", Operator::less},
                                              {">", Operator::greater},
                                              {"in", Operator::in}}};
constexpr std::array<BinaryRow, 2> sums{{{"+", Operator::add}, {"-", Operator::subtract}}};
constexpr std::array<BinaryRow, 3> products{
    {{"*", Operator::multiply}, {"/", Operator::divide}, {"%", Operator::modulo}}};

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  Parsed whole() {
    TRY(auto out, expression());
    if (peek().kind != Token::Kind::end) return unexpected();
    return out;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  bool next_is(std::string_view symbol) const {
    const auto& token = peek();
    return (token.kind == Token::Kind::symbol || token.kind == Token::Kind::name) &&
           token.text == symbol;
  }
  bool take(std::string_view symbol) {
    if (!next_is(symbol)) return false;
    ++at_;
    return true;
  }
  std::unexpected<Error> error(std::size_t offset, std::string_view message) const {
    return fail(ErrorKind::invalid, located(text_, offset, message));
  }
  std::unexpected<Error> unexpected(std::string_view more = "") const {
    const auto& token = peek();
    const std::string_view shown = token.kind == Token::Kind::end ? "<EOF>" : token.text;
    return error(token.offset, cat("Syntax error: unexpected '", shown, '\'', more));
  }
  Result<void> expect(std::string_view symbol) {
    if (!take(symbol)) return unexpected(cat(", expecting '", symbol, '\''));
    return {};
  }

  // Every node is made here, so that limits are looked at once.
  Parsed node(Expression made) {
    for (const auto& operand : made.operands) {
      made.depth = std::max(made.depth, operand->depth + 1);
    }
    if (made.depth > expression_depth_max) {
      return error(made.offset, "expression: nested too deeply");
    }
    if (++nodes_ > expression_nodes_max) return error(made.offset, "expression: too many parts");
    return std::make_unique<Expression>(std::move(made));
  }
  template <typename... Operands>
  static Expression with(Kind kind, std::size_t offset, Operands... operands) {
    Expression out{.kind = kind, .offset = offset};
    (out.operands.push_back(std::move(operands)), ...);
    return out;
  }

  Parsed expression();
  Parsed chain(Kind kind, std::string_view symbol, Parsed (Parser::*operand)());
  Parsed disjunction() { return chain(Kind::logical_or, "||", &Parser::conjunction); }
  Parsed conjunction() { return chain(Kind::logical_and, "&&", &Parser::relation); }
  template <typename Rows>
  Parsed binary(const Rows& rows, Parsed (Parser::*operand)());
  Parsed relation() { return binary(relations, &Parser::sum); }
  Parsed sum() { return binary(sums, &Parser::product); }
  Parsed product() { return binary(products, &Parser::unary); }
  Parsed unary();
  Parsed member();
  Parsed selection(ExpressionPtr operand, std::size_t offset);
  Parsed call(ExpressionPtr receiver, std::string_view name, std::size_t offset);
  Parsed macro(Macro macro, ExpressionPtr range, std::vector<ExpressionPtr> arguments,
               std::size_t offset);
  Parsed has(std::vector<ExpressionPtr> arguments, std::size_t offset);
  Parsed primary();
  Parsed named();
  Parsed list();
  Parsed map();
  Parsed literal(bool negative);
  Result<std::vector<ExpressionPtr>> arguments();

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  std::size_t open_ = 0;  // expressions being read: the depth of this recursion
};

Parsed Parser::expression() {
  // Nothing was built yet that `node` could measure.
  if (open_ == expression_depth_max) {
    return error(peek().offset, "expression: nested too deeply");
  }
  ++open_;
  auto read = [&]() -> Parsed {
    TRY(auto condition, disjunction());
    const auto offset = peek().offset;
    if (!take("?")) return condition;
    TRY(auto yes, disjunction());
    TRY_VOID(expect(":"));
    TRY(auto no, expression());
    return node(
        with(Kind::conditional, offset, std::move(condition), std::move(yes), std::move(no)));
  }();
  --open_;
  return read;
}

Parsed Parser::chain(Kind kind, std::string_view symbol, Parsed (Parser::*operand)()) {
  TRY(auto first, (this->*operand)());
  if (!next_is(symbol)) return first;
  auto out = with(kind, peek().offset, std::move(first));
  while (take(symbol)) {
    TRY(auto another, (this->*operand)());
    out.operands.push_back(std::move(another));
  }
  return node(std::move(out));
}

template <typename Rows>
Parsed Parser::binary(const Rows& rows, Parsed (Parser::*operand)()) {
  TRY(auto left, (this->*operand)());
  while (true) {
    const auto row =
        std::ranges::find_if(rows, [&](const BinaryRow& found) { return next_is(found.symbol); });
    if (row == rows.end()) return left;
    const auto offset = peek().offset;
    ++at_;
    TRY(auto right, (this->*operand)());
    auto out = with(Kind::operation, offset, std::move(left), std::move(right));
    out.op = row->op;
    TRY(left, node(std::move(out)));
  }
}

Parsed Parser::unary() {
  const auto offset = peek().offset;
  for (const auto& [symbol, op] :
       {BinaryRow{"!", Operator::logical_not}, BinaryRow{"-", Operator::negate}}) {
    if (!next_is(symbol)) continue;
    // The smallest int has no positive counterpart, so the sign belongs to the literal.
    const auto& number = tokens_[at_ + 1];
    if (op == Operator::negate &&
        (number.kind == Token::Kind::whole || number.kind == Token::Kind::real)) {
      return member();
    }
    std::size_t count = 0;
    while (take(symbol)) ++count;
    TRY(auto operand, member());
    // Pairs cancel out, as in cel-go; the type is checked through the one that stays.
    for (auto left = count % 2 == 0 ? std::size_t{2} : std::size_t{1}; left > 0; --left) {
      auto out = with(Kind::operation, offset, std::move(operand));
      out.op = op;
      TRY(operand, node(std::move(out)));
    }
    return operand;
  }
  return member();
}

Parsed Parser::member() {
  TRY(auto out, primary());
  while (true) {
    const auto offset = peek().offset;
    if (take(".")) {
      TRY(out, selection(std::move(out), offset));
    } else if (take("[")) {
      const bool optional = take("?");
      TRY(auto index, expression());
      TRY_VOID(expect("]"));
      auto made = with(Kind::index, offset, std::move(out), std::move(index));
      made.optional = optional;
      TRY(out, node(std::move(made)));
    } else {
      return out;
    }
  }
}

Parsed Parser::selection(ExpressionPtr operand, std::size_t offset) {
  const bool optional = take("?");
  const auto name = peek();
  // After a dot the words that only statements of other languages need are names.
  if (name.kind != Token::Kind::name && name.kind != Token::Kind::reserved) return unexpected();
  if (name.text == "in" || name.text == "true" || name.text == "false" || name.text == "null") {
    return unexpected();
  }
  ++at_;
  if (!optional && next_is("(")) return call(std::move(operand), name.text, name.offset);
  auto out = with(Kind::select, offset, std::move(operand));
  out.name = name.text;
  out.optional = optional;
  return node(std::move(out));
}

Parsed Parser::call(ExpressionPtr receiver, std::string_view name, std::size_t offset) {
  TRY(auto given, arguments());
  if (receiver == nullptr && name == "has") return has(std::move(given), offset);
  if (receiver != nullptr) {
    if (const auto known = macro_named(name, given.size())) {
      return macro(*known, std::move(receiver), std::move(given), offset);
    }
  }
  Expression out{.kind = Kind::call, .offset = offset};
  out.name = name;
  // optional.of(x), sets.contains(a, b): a function in a name space, not of a value.
  constexpr std::array<std::string_view, 2> spaces{"optional", "sets"};
  if (receiver != nullptr && receiver->kind == Kind::name &&
      std::ranges::find(spaces, receiver->name) != spaces.end()) {
    out.name = cat(receiver->name, '.', name);
  } else if (receiver != nullptr) {
    out.member = true;
    out.operands.push_back(std::move(receiver));
  }
  for (auto& argument : given) out.operands.push_back(std::move(argument));
  return node(std::move(out));
}

Parsed Parser::macro(Macro macro, ExpressionPtr range, std::vector<ExpressionPtr> arguments,
                     std::size_t offset) {
  if (arguments[0]->kind != Kind::name) {
    return error(arguments[0]->offset, "argument must be a simple name");
  }
  Expression out{.kind = Kind::macro, .offset = offset};
  out.macro = macro;
  out.name = arguments[0]->name;
  out.operands.push_back(std::move(range));
  for (std::size_t i = 1; i < arguments.size(); ++i)
    out.operands.push_back(std::move(arguments[i]));
  return node(std::move(out));
}

Parsed Parser::has(std::vector<ExpressionPtr> arguments, std::size_t offset) {
  const bool selects = arguments.size() == 1 && arguments[0]->kind == Kind::select &&
                       !arguments[0]->optional && !arguments[0]->test_only;
  if (!selects) return error(offset, "invalid argument to has() macro");
  arguments[0]->test_only = true;
  return std::move(arguments[0]);
}

Result<std::vector<ExpressionPtr>> Parser::arguments() {
  TRY_VOID(expect("("));
  std::vector<ExpressionPtr> out;
  if (take(")")) return out;
  do {
    TRY(auto argument, expression());
    out.push_back(std::move(argument));
  } while (take(","));
  TRY_VOID(expect(")"));
  return out;
}

Parsed Parser::primary() {
  const auto& token = peek();
  if (token.kind == Token::Kind::reserved) {
    return error(token.offset, cat("reserved identifier: ", token.text));
  }
  if (token.kind == Token::Kind::name) return named();
  if (token.kind == Token::Kind::symbol) {
    if (token.text == "[") return list();
    if (token.text == "{") return map();
    if (token.text == ".") {  // an absolute name; there is only one name space
      ++at_;
      return peek().kind == Token::Kind::name ? named() : unexpected();
    }
    if (take("-")) return literal(true);
    if (take("(")) {
      TRY(auto inner, expression());
      TRY_VOID(expect(")"));
      return inner;
    }
    return unexpected();
  }
  return literal(false);
}

Parsed Parser::named() {
  const auto& token = peek();
  if (token.text == "in") return unexpected();
  ++at_;
  Expression constant{.kind = Kind::constant, .offset = token.offset};
  if (token.text == "true" || token.text == "false") {
    constant.constant = Value::of(token.text == "true");
    return node(std::move(constant));
  }
  if (token.text == "null") return node(std::move(constant));
  if (next_is("(")) return call(nullptr, token.text, token.offset);
  Expression out{.kind = Kind::name, .offset = token.offset};
  out.name = token.text;
  return node(std::move(out));
}

Parsed Parser::list() {
  auto out = with(Kind::list, peek().offset);
  ++at_;
  while (!next_is("]")) {
    out.optional_entries.push_back(take("?"));
    TRY(auto element, expression());
    out.operands.push_back(std::move(element));
    if (!take(",")) break;
  }
  TRY_VOID(expect("]"));
  return node(std::move(out));
}

Parsed Parser::map() {
  auto out = with(Kind::map, peek().offset);
  ++at_;
  while (!next_is("}")) {
    out.optional_entries.push_back(take("?"));
    TRY(auto key, expression());
    TRY_VOID(expect(":"));
    TRY(auto value, expression());
    out.operands.push_back(std::move(key));
    out.operands.push_back(std::move(value));
    if (!take(",")) break;
  }
  TRY_VOID(expect("}"));
  return node(std::move(out));
}

Parsed Parser::literal(bool negative) {
  const auto& token = peek();
  std::optional<Value> value;
  std::string_view what;
  switch (token.kind) {
    case Token::Kind::whole:
      value = whole_value(token.text, negative);
      what = "invalid int literal";
      break;
    case Token::Kind::unsigned_whole:
      value = unsigned_value(token.text);
      what = "invalid uint literal";
      break;
    case Token::Kind::real:
      value = real_value(token.text, negative);
      what = "invalid double literal";
      break;
    case Token::Kind::string:
      value = Value::of(token.value);
      break;
    case Token::Kind::bytes:
      value = Value::bytes(token.value);
      break;
    default:
      return unexpected();
  }
  if (!value) return error(token.offset, what);
  ++at_;
  Expression out{.kind = Kind::constant, .offset = token.offset};
  out.constant = *std::move(value);
  return node(std::move(out));
}

}  // namespace

Result<ExpressionPtr> parse(std::string_view text) {
  if (text.size() > expression_bytes_max) {
    return fail(ErrorKind::invalid, "expression: larger than 64 KiB");
  }
  TRY(auto tokens, lex(text));
  return Parser(text, std::move(tokens)).whole();
}

}  // namespace signet::cel
