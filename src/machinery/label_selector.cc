#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/meta_validation.h"
#include "machinery/selector.h"

namespace signet::machinery {
namespace {

constexpr std::size_t text_max = 4096;
constexpr std::size_t requirements_max = 64;

enum class Token : std::uint8_t { end, identifier, open, close, comma, bang, op };

struct Lexeme {
  Token token = Token::end;
  std::string_view text;
  bool is(Token other) const { return token == other; }
};

bool is_special(char c) {
  return std::string_view("=!(),><").contains(c);
}
bool is_space(char c) {
  return std::string_view(" \t\r\n").contains(c);
}

// A NUL ends the text, as it does for Kubernetes.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text.substr(0, text.find('\0'))) { advance(); }

  const Lexeme& peek() const { return current_; }
  Lexeme take() {
    const Lexeme taken = current_;
    advance();
    return taken;
  }

 private:
  void advance() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) {
      current_ = {};
      return;
    }
    std::size_t length = 1;
    if (is_special(rest_.front())) {
      if (rest_.starts_with("==") || rest_.starts_with("!=")) length = 2;
    } else {
      while (length < rest_.size() && !is_special(rest_[length]) && !is_space(rest_[length])) {
        ++length;
      }
    }
    current_ = {token_of(rest_.substr(0, length)), rest_.substr(0, length)};
    rest_.remove_prefix(length);
  }

  static Token token_of(std::string_view text) {
    if (text == "(") return Token::open;
    if (text == ")") return Token::close;
    if (text == ",") return Token::comma;
    if (text == "!") return Token::bang;
    return is_special(text.front()) ? Token::op : Token::identifier;
  }

  std::string_view rest_;
  Lexeme current_;
};

template <typename T>
using Parsed = Result<T, std::string>;

std::unexpected<std::string> found(std::string_view text, std::string_view expected) {
  return std::unexpected(cat("found '", text, "', expected: ", expected));
}

std::optional<std::int64_t> integer(std::string_view text) {
  // Go reads a leading plus, from_chars does not.
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string out;
  for (const std::string& text : texts) append(out, out.empty() ? "" : separator, text);
  return out;
}

// The list inside "(a, b)"; an empty place is the empty value.
Parsed<std::vector<std::string>> parse_values(Lexer& lexer) {
  if (const Lexeme open = lexer.take(); !open.is(Token::open)) {
    return std::unexpected(cat("found '", open.text, "' expected: '('"));
  }
  std::vector<std::string> values;
  bool after_value = false;
  for (;;) {
    const Lexeme next = lexer.take();
    if (next.is(Token::identifier) && !after_value) {
      values.emplace_back(next.text);
      after_value = true;
    } else if (next.is(Token::comma)) {
      if (!after_value) values.emplace_back();
      after_value = false;
    } else if (next.is(Token::close)) {
      if (!after_value) values.emplace_back();
      return values;
    } else if (after_value) {
      return found(next.text, "',' or ')'");
    } else {
      return found(next.text, values.empty() ? "',', ')' or identifier" : "',', or identifier");
    }
  }
}

Parsed<std::vector<std::string>> parse_exact_value(Lexer& lexer) {
  if (lexer.peek().is(Token::end) || lexer.peek().is(Token::comma)) {
    return std::vector<std::string>{std::string()};
  }
  const Lexeme value = lexer.take();
  if (!value.is(Token::identifier)) return found(value.text, "identifier");
  return std::vector<std::string>{std::string(value.text)};
}

// Sorted and each once; what is wrong with them as Kubernetes says it.
Parsed<void> check_values(std::string_view key, bool numbers, std::vector<std::string>& values) {
  std::ranges::sort(values);
  const auto repeated = std::ranges::unique(values);
  values.erase(repeated.begin(), repeated.end());
  std::vector<std::string> problems;
  for (std::size_t i = 0; numbers && i < values.size(); ++i) {
    if (integer(values[i])) continue;
    problems.push_back(cat("values[", i, "]: Invalid value: ", quoted(values[i]),
                           ": for 'Gt', 'Lt' operators, the value must be an integer"));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto messages = label_value_messages(values[i]);
    if (messages.empty()) continue;
    problems.push_back(cat("values[", i, "][", key, "]: Invalid value: ", quoted(values[i]), ": ",
                           joined(messages, "; ")));
  }
  if (problems.empty()) return {};
  if (problems.size() == 1) return std::unexpected(std::move(problems.front()));
  return std::unexpected(cat("[", joined(problems, ", "), "]"));
}

}  // namespace

// One comma-separated part of a selector.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}
  Parsed<std::vector<Requirement>> all();

 private:
  Parsed<Requirement> requirement();
  Parsed<Operator> binary_operator();

  Lexer lexer_;
};

Parsed<std::vector<LabelSelector::Requirement>> LabelSelector::Parser::all() {
  std::vector<Requirement> out;
  for (;;) {
    const Lexeme& start = lexer_.peek();
    if (start.is(Token::end)) return out;
    if (!start.is(Token::identifier) && !start.is(Token::bang)) {
      return found(start.text, "!, identifier, or 'end of string'");
    }
    auto parsed = requirement();
    if (!parsed) return std::unexpected("unable to parse requirement: " + parsed.error());
    if (out.size() == requirements_max) {
      return std::unexpected(
          cat("a label selector may have at most ", requirements_max, " requirements"));
    }
    out.push_back(*std::move(parsed));
    const Lexeme next = lexer_.take();
    if (next.is(Token::end)) return out;
    if (!next.is(Token::comma)) return found(next.text, "',' or 'end of string'");
    if (!lexer_.peek().is(Token::identifier) && !lexer_.peek().is(Token::bang)) {
      return found(lexer_.peek().text, "identifier after ','");
    }
  }
}

Parsed<LabelSelector::Requirement> LabelSelector::Parser::requirement() {
  Requirement out;
  const bool absent = lexer_.peek().is(Token::bang);
  if (absent) lexer_.take();
  const Lexeme key = lexer_.take();
  if (!key.is(Token::identifier)) return found(key.text, "identifier");
  out.key = key.text;
  if (const auto messages = qualified_name_messages(key.text); !messages.empty()) {
    // Kubernetes prints the path it does not have.
    return std::unexpected(
        cat("<nil>: Invalid value: ", quoted(key.text), ": ", joined(messages, "; ")));
  }
  if (absent) {
    out.op = Operator::absent;
    return out;
  }
  if (lexer_.peek().is(Token::end) || lexer_.peek().is(Token::comma)) return out;
  const std::string_view written = lexer_.peek().text;
  TRY(out.op, binary_operator());
  const bool set = written == "in" || written == "notin";
  TRY(out.values, set ? parse_values(lexer_) : parse_exact_value(lexer_));
  const bool numbers = out.op == Operator::greater || out.op == Operator::less;
  TRY_VOID(check_values(out.key, numbers, out.values));
  return out;
}

Parsed<LabelSelector::Operator> LabelSelector::Parser::binary_operator() {
  static constexpr std::array<std::pair<std::string_view, Operator>, 7> operators{{
      {"in", Operator::in},
      {"notin", Operator::not_in},
      {"=", Operator::in},
      {"==", Operator::in},
      {"!=", Operator::not_in},
      {">", Operator::greater},
      {"<", Operator::less},
  }};
  const Lexeme lexeme = lexer_.take();
  for (const auto& [text, op] : operators) {
    if (lexeme.text == text) return op;
  }
  return found(lexeme.text, "in, notin, =, ==, !=, gt, lt");
}

ApiResult<LabelSelector> LabelSelector::parse(std::string_view text) {
  if (text.size() > text_max) {
    return refuse(
        ApiError::bad_request(cat("a label selector may have at most ", text_max, " bytes")));
  }
  auto requirements = Parser(text).all();
  if (!requirements) return refuse(ApiError::bad_request(std::move(requirements).error()));
  LabelSelector out;
  out.requirements_ = *std::move(requirements);
  return out;
}

bool LabelSelector::Requirement::holds(const std::string* value) const {
  const auto listed = [&] { return std::ranges::binary_search(values, *value); };
  switch (op) {
    case Operator::exists:
      return value != nullptr;
    case Operator::absent:
      return value == nullptr;
    case Operator::in:
      return value != nullptr && listed();
    case Operator::not_in:
      return value == nullptr || !listed();
    case Operator::greater:
    case Operator::less:
      break;
  }
  if (value == nullptr) return false;
  const auto have = integer(*value);
  const auto bound = integer(values.front());
  if (!have || !bound) return false;
  return op == Operator::greater ? *have > *bound : *have < *bound;
}

bool LabelSelector::matches(const std::vector<std::pair<std::string, std::string>>& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const auto at = std::ranges::lower_bound(labels, requirement.key, {},
                                             &std::pair<std::string, std::string>::first);
    const bool there = at != labels.end() && at->first == requirement.key;
    return requirement.holds(there ? &at->second : nullptr);
  });
}

}  // namespace signet::machinery
