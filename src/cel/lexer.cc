#include "cel/lexer.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/utf8.h"
#include "cel/string_literal.h"
#include "cel/syntax_error.h"

namespace signet::cel {
namespace {

constexpr std::array<std::string_view, 17> reserved_words{
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
// Longest first.
constexpr std::array<std::string_view, 24> symbols{"&&", "||", "==", "!=", "<=", ">=", "[", "]",
                                                   "{",  "}",  "(",  ")",  ".",  ",",  ":", "?",
                                                   "!",  "<",  ">",  "+",  "-",  "*",  "/", "%"};

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

template <typename Predicate>
std::size_t run(std::string_view text, std::size_t from, Predicate predicate) {
  while (from < text.size() && predicate(text[from])) ++from;
  return from;
}

// Length and kind of the number at the start of `text`.
Token number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    auto end = run(text, 2, is_hex_digit);
    const bool is_unsigned = end < text.size() && (text[end] == 'u' || text[end] == 'U');
    if (is_unsigned) ++end;
    return {.kind = is_unsigned ? Token::Kind::unsigned_whole : Token::Kind::whole,
            .text = text.substr(0, end)};
  }
  auto end = run(text, 0, is_digit);
  bool real = false;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    real = true;
    end = run(text, end + 1, is_digit);
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    auto exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (const auto last = run(text, exponent, is_digit); last > exponent) {
      real = true;
      end = last;
    }
  }
  if (!real && end < text.size() && (text[end] == 'u' || text[end] == 'U')) {
    return {.kind = Token::Kind::unsigned_whole, .text = text.substr(0, end + 1)};
  }
  return {.kind = real ? Token::Kind::real : Token::Kind::whole, .text = text.substr(0, end)};
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (constexpr std::string_view space = " \t\r\n\f"; space.contains(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

// Of kind `end` when nothing of the language stands there.
Token word(std::string_view rest) {
  if (starts_string_literal(rest)) {
    auto literal = string_literal(rest);
    if (!literal) return {};
    return {.kind = literal->bytes ? Token::Kind::bytes : Token::Kind::string,
            .text = rest.substr(0, literal->size),
            .value = std::move(literal->value)};
  }
  if (starts_name(rest[0])) {
    const auto name =
        rest.substr(0, run(rest, 0, [](char c) { return starts_name(c) || is_digit(c); }));
    const bool reserved = std::ranges::find(reserved_words, name) != reserved_words.end();
    return {.kind = reserved ? Token::Kind::reserved : Token::Kind::name, .text = name};
  }
  if (is_digit(rest[0]) || (rest[0] == '.' && rest.size() > 1 && is_digit(rest[1]))) {
    return number(rest);
  }
  for (const auto symbol : symbols) {
    if (rest.starts_with(symbol)) {
      return {.kind = Token::Kind::symbol, .text = rest.substr(0, symbol.size())};
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Token>> lex(std::string_view text) {
  if (!is_utf8(text)) return fail(ErrorKind::invalid, "expression: not UTF-8");
  std::vector<Token> tokens;
  std::size_t at = skip_space(text, 0);
  while (at < text.size()) {
    const auto rest = text.substr(at);
    auto token = word(rest);
    if (token.kind == Token::Kind::end) {
      const auto shown = rest.substr(0, utf8_sequence(rest));
      return fail(ErrorKind::invalid, located(text, at,
                                              cat("Syntax error: token recognition error at: '",
                                                  excerpt(shown), '\'')));
    }
    token.offset = at;
    at = skip_space(text, at + token.text.size());
    tokens.push_back(std::move(token));
  }
  tokens.push_back({.kind = Token::Kind::end, .offset = text.size()});
  return tokens;
}

}  // namespace signet::cel
