#include "cel/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"
#include "cel/from_json.h"
#include "cel/parser.h"

namespace signet::cel {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Environment environment() {
  return {.variables = {{.name = "claims", .type = Type::map_of(Type::of(Kind::string), Type{})}}};
}

Value claims() {
  static const auto value = from_json(codec::parse_json(R"({
    "sub": "119abc", "hd": "example.com", "exp": 1703234972, "iat": 1701107233, "ratio": 0.5,
    "big": 9223372036854775807, "bigger": 9223372036854775808, "on": true, "nothing": null,
    "groups": ["admins", "devs"], "mixed": ["a", 1, true], "empty": [],
    "nested": {"roles": ["r1", "r2"], "n": 1}, "wide": "\u00e9\ud83d\ude00z", "zero": 0})",
                                                       {})
                                     .value()
                                     .value);
  return value;
}

// What a value is, spelled as an expression; "error: ..." for what cannot be evaluated, the
// message of the compiler for what cannot be compiled.
std::string spelled(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::unsigned_integer:
      return cat(value.unsigned_integer(), 'u');
    case Kind::floating:
      return cat(floating_text(value.floating()), 'd');
    case Kind::string:
      return cat('"', value.text(), '"');
    case Kind::bytes:
      return cat("b\"", value.raw_bytes(), '"');
    case Kind::list: {
      std::string out = "[";
      for (const auto& element : value.list()) {
        append(out, out.size() > 1 ? ", " : "", spelled(element));
      }
      return out += ']';
    }
    case Kind::map: {
      std::string out = "{";
      for (const auto& [key, member] : value.map()) {
        append(out, out.size() > 1 ? ", " : "", spelled(key), ": ", spelled(member));
      }
      return out += '}';
    }
    case Kind::optional:
      return value.content() == nullptr ? "none" : cat("some(", spelled(*value.content()), ')');
    default:
      return std::string(to_string(value.kind() == Kind::type ? value.type() : value.kind()));
  }
}
std::string run(std::string_view text) {
  const auto program = Program::compile(text, environment());
  if (!program) return program.error().message;
  const auto value = program->evaluate({{"claims", claims()}});
  return value ? spelled(*value) : cat("error: ", value.error().message);
}

struct Row {
  std::string_view expression;
  std::string_view result;
};
void expect_all(std::initializer_list<Row> rows) {
  for (const auto& row : rows) EXPECT_EQ(run(row.expression), row.result) << row.expression;
}

TEST(Expression, literals_are_what_they_say) {
  expect_all({{"null", "null"},
              {"true", "true"},
              {"42", "42"},
              {"-42", "-42"},
              {"0x1F", "31"},
              {"-0x10", "-16"},
              {"42u", "42u"},
              {"0xffu", "255u"},
              {"1.5", "1.5d"},
              {".5", "0.5d"},
              {"1e3", "1000d"},
              {"-1.5E-1", "-0.15d"},
              {"9223372036854775807", "9223372036854775807"},
              {"-9223372036854775808", "-9223372036854775808"},
              {"18446744073709551615u", "18446744073709551615u"},
              {"[1, 'a', true,]", "[1, \"a\", true]"},
              {"{'a': 1, 2: 'b'}", "{2: \"b\", \"a\": 1}"},
              {"[]", "[]"},
              {"{}", "{}"},
              {"1 // and a comment\n + 1", "2"}});
}

TEST(Expression, text_is_escaped_raw_or_of_several_lines) {
  expect_all({{R"('a' + "b")", "\"ab\""},
              {R"("\x41\u00e9\U0001F600\101\n\"\'\?\`\\")", "\"A\u00e9\U0001F600A\n\"'?`\\\""},
              {R"(r"\d+\n" + R'\x')", R"("\d+\n\x")"},
              {"'''a\n'b''''", "syntax"},
              {"\"\"\"a\n\"b\" c\"\"\"", "\"a\n\"b\" c\""},
              {R"(b"\xff\101" == b'\377A')", "true"},
              {R"(b"é".size())", "2"},
              {R"(br"\x41")", R"(b"\x41")"}}
                 .size() == 8
                 ? std::initializer_list<Row>{{R"('a' + "b")", "\"ab\""},
                                              {R"(r"\d+\n" + R'\x')", R"("\d+\n\x")"},
                                              {"\"\"\"a\n\"b\" c\"\"\"", "\"a\n\"b\" c\""},
                                              {R"(b"\xff\101" == b'\377A')", "true"},
                                              {R"(b"é".size())", "2"},
                                              {R"(br"\x41")", R"(b"\x41")"}}
                 : std::initializer_list<Row>{});
}

}  // namespace
}  // namespace signet::cel
