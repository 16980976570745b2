#include "cel/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cel/expressions_for_tests.h"
#include "cel/parser.h"

namespace signet::cel {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Compiler, refuses_what_can_never_work_and_says_where) {
  for (const auto& [expression, message] : std::initializer_list<Row>{
           {"foo", "1:1: undeclared reference to 'foo' (in container '')"},
           {"claims.sub == foo.bar", "1:15: undeclared reference to 'foo' (in container '')"},
           {"nosuch(1)", "1:1: undeclared reference to 'nosuch' (in container '')"},
           {"'a'.nosuch()", "1:5: undeclared reference to 'nosuch' (in container '')"},
           {"1 + 'a'", "1:3: found no matching overload for '_+_' applied to '(int, string)'"},
           {"1 == 'a'", "1:3: found no matching overload for '_==_' applied to '(int, string)'"},
           {"1 && true", "1:3: found no matching overload for '_&&_' applied to '(int, bool)'"},
           {"!'a'", "1:1: found no matching overload for '!_' applied to '(string)'"},
           {"-1u", "1:1: found no matching overload for '-_' applied to '(uint)'"},
           {"1.5 % 2.0", "1:5: found no matching overload for '_%_' applied to '(double, double)'"},
           {"true ? 1 : 'a'",
            "1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'"},
           {"size(1)", "1:1: found no matching overload for 'size' applied to '(int)'"},
           {"size()", "1:1: found no matching overload for 'size' applied to '()'"},
           {"'a'.startsWith(1)",
            "1:5: found no matching overload for 'startsWith' applied to 'string.(int)'"},
           {"'a'.startsWith()",
            "1:5: found no matching overload for 'startsWith' applied to 'string.()'"},
           {"'a' in 'abc'",
            "1:5: found no matching overload for '@in' applied to '(string, string)'"},
           {"[1]['a']",
            "1:4: found no matching overload for '_[_]' applied to '(list(int), string)'"},
           {"'a'.b", "1:4: type 'string' does not support field selection"},
           {"1.all(x, true)",
            "1:3: expression of type 'int' cannot be range of a comprehension (must be list, map, "
            "or dynamic)"},
           {"[1].all(x, 1)", "1:12: expected type 'bool' but found 'int'"},
           {"[1].all(x.y, true)", "1:10: argument must be a simple name"},
           {"has(claims)", "1:1: invalid argument to has() macro"},
           {"'a'.matches('(')", "1:13: error parsing regexp: missing ): ("},
           {"optional.of('a').orValue(1)",
            "1:18: found no matching overload for 'orValue' applied to "
            "'optional_type(string).(int)'"},
           {"[?1]", "1:3: expected type 'optional_type(int)' but found 'int'"},
           {"x.y", "1:1: undeclared reference to 'x' (in container '')"}}) {
    const auto program = Program::compile(expression, environment());
    ASSERT_FALSE(program) << expression;
    const auto line = program.error().message.substr(0, program.error().message.find('\n'));
    EXPECT_EQ(line, cat("ERROR: <input>:", message)) << expression;
  }
}

TEST(Compiler, refuses_what_is_no_expression) {
  for (const std::string_view text : {"",
                                      " ",
                                      "// nothing",
                                      "1 +",
                                      "(1",
                                      "1)",
                                      "[1",
                                      "{1}",
                                      "{'a' 1}",
                                      "claims claims",
                                      "1 2",
                                      "claims.",
                                      "claims.1",
                                      "'a",
                                      "\"a\nb\"",
                                      R"('\q')",
                                      R"('\x4')",
                                      R"('\ud800')",
                                      R"(b'\u0041')",
                                      R"('\400')",
                                      "@",
                                      "claims = 1",
                                      "claims & claims",
                                      "if",
                                      "claims.in",
                                      "1.2.3",
                                      "0x",
                                      "9223372036854775808",
                                      "18446744073709551616u",
                                      "1e999",
                                      "true ? 1",
                                      "size(,)",
                                      "[,]",
                                      "claims[?]",
                                      "!",
                                      "- ",
                                      "?",
                                      "\xff",
                                      "claims.?f()"}) {
    EXPECT_FALSE(Program::compile(text, environment())) << text;
  }
}

TEST(Compiler, points_to_the_place) {
  const auto program = Program::compile("'é' +\n  nope", environment());
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().message,
            "ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n"
            " |   nope\n"
            " | ..^");
  EXPECT_THAT(Program::compile("'é' + x", environment()).error().message,
              StartsWith("ERROR: <input>:1:7: "));
}

TEST(Compiler, knows_what_comes_out) {
  for (const auto& [expression, type] :
       std::initializer_list<Row>{{"claims.sub", "dyn"},
                                  {"claims.sub == 'a'", "bool"},
                                  {"claims.?on.orValue(true)", "dyn"},
                                  {"claims.?on.orValue(true) == true", "bool"},
                                  {"claims.sub + 'a'", "string"},
                                  {"['a'].map(x, x.size())", "list(int)"},
                                  {"{'a': [1]}", "map(string, list(int))"},
                                  {"[1, 'a']", "list(dyn)"},
                                  {"claims.?sub", "optional_type(dyn)"},
                                  {"'a'.split(',')", "list(string)"},
                                  {"true ? claims.sub : 'a'", "dyn"},
                                  {"type(1)", "type"}}) {
    const auto program = Program::compile(expression, environment());
    ASSERT_TRUE(program) << expression << program.error().message;
    EXPECT_EQ(to_string(program->result_type()), type) << expression;
  }
}

TEST(Compiler, knows_the_fields_of_an_object) {
  auto user = Type::of(Kind::map);
  user.object = std::make_shared<const ObjectType>(
      ObjectType{.name = "kubernetes.UserInfo",
                 .fields = {{"username", Type::of(Kind::string)},
                            {"groups", Type::list_of(Type::of(Kind::string))}}});
  const Environment users{.variables = {{.name = "user", .type = user}}};
  EXPECT_TRUE(Program::compile("!user.username.startsWith('system:')", users));
  EXPECT_TRUE(Program::compile("user.groups.all(g, !g.startsWith('system:'))", users));
  EXPECT_THAT(Program::compile("user.name == 'a'", users).error().message,
              StartsWith("ERROR: <input>:1:5: undefined field 'name'"));
  EXPECT_THAT(Program::compile("user.username == 1", users).error().message,
              HasSubstr("'_==_' applied to '(string, int)'"));
}

TEST(Compiler, tells_which_fields_are_selected) {
  const auto selects = [](std::string_view text) {
    return Program::compile(text, environment())->selects("claims", "email");
  };
  EXPECT_TRUE(selects("claims.email"));
  EXPECT_TRUE(selects("claims.?email.orValue('')"));
  EXPECT_TRUE(selects("[1].map(x, has(claims.email))"));
  EXPECT_FALSE(selects("claims['email']"));
  EXPECT_FALSE(selects("claims.nested.email"));
  EXPECT_FALSE(selects("[{'email': 1}].map(claims, claims.email)"));
}

TEST(Limits, of_text_depth_and_parts) {
  const auto compiles = [](const std::string& text) {
    return Program::compile(text, environment()).has_value();
  };
  const std::string padding(expression_bytes_max - 1, ' ');
  EXPECT_TRUE(compiles(padding + "1"));
  EXPECT_FALSE(compiles(padding + " 1"));

  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "1" + std::string(depth, ')');
  };
  EXPECT_TRUE(compiles(nested(expression_depth_max - 1)));
  EXPECT_FALSE(compiles(nested(expression_depth_max)));

  const auto sum = [](std::size_t terms) {
    std::string out = "1";
    for (std::size_t i = 1; i < terms; ++i) out += "+1";
    return out;
  };
  EXPECT_TRUE(compiles(sum(expression_depth_max)));
  EXPECT_FALSE(compiles(sum(expression_depth_max + 1)));

  std::string alternatives = "claims.sub == 'a'";
  for (int i = 0; i < 2000; ++i) alternatives += " || claims.sub == 'a'";
  EXPECT_TRUE(compiles(alternatives)) << "a long chain is not deep";

  std::string list = "[1";
  for (std::size_t i = 2; i < expression_nodes_max; ++i) list += ",1";
  EXPECT_TRUE(compiles(list + "]"));
  EXPECT_FALSE(compiles(list + ",1]"));
  EXPECT_FALSE(compiles(std::string(60'000, '-') + "claims.x" + std::string(2000, '[')));
}

TEST(Limits, of_steps_cannot_be_absorbed) {
  auto small = environment();
  small.steps_max = 200;
  const auto outcome = [&](std::string_view text) -> std::string {
    const auto value = Program::compile(text, small)->evaluate({{"claims", claims()}});
    return value ? spelled(*value) : std::string(signet::to_string(value.error().kind));
  };
  const std::string_view loop = "[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, a * b > 0))";
  EXPECT_EQ(outcome(loop), "exhausted");
  EXPECT_EQ(outcome(cat(loop, " || true")), "exhausted");
  EXPECT_EQ(outcome(cat("[1].exists(x, ", loop, ") || true")), "exhausted");
  EXPECT_EQ(outcome("claims.groups.all(g, g != '')"), "true");
}

TEST(Limits, of_memory_are_those_of_steps) {
  // Each level doubles the text.
  std::string doubling = "['0123456789']";
  for (int i = 0; i < 60; ++i) doubling += ".map(x, x + x)";
  EXPECT_EQ(run(doubling), "error: operation cancelled: actual cost limit exceeded");
}

TEST(Limits, of_patterns_that_are_made_while_it_runs) {
  std::string patterns = "['((x{30}){30}){2}'";
  for (int i = 0; i < 100; ++i) patterns += ",'(x{30}){30}'";
  EXPECT_EQ(run(cat(patterns, "].exists(p, 'x'.matches(p))")),
            "error: operation cancelled: actual cost limit exceeded");
  EXPECT_THAT(run("'x'.matches(claims.sub + '((x{1000}){1000}){1000}')"),
              StartsWith("error: error parsing regexp: "));
}

TEST(Program, says_which_variable_was_not_given) {
  const auto program = Program::compile("claims.sub", environment());
  EXPECT_EQ(program->evaluate({}).error().message, "no such attribute(s): claims");
}

}  // namespace
}  // namespace signet::cel
