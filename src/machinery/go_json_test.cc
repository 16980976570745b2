#include "machinery/go_json.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::machinery {
namespace {

struct GoJsonCase {
  const char* name;
  std::string_view text;
  std::string_view expected;
};
class GoJsonError : public testing::TestWithParam<GoJsonCase> {};

TEST_P(GoJsonError, is_what_go_says) {
  EXPECT_EQ(go_json_error(GetParam().text), GetParam().expected);
}

constexpr std::string_view cut = "unexpected end of JSON input";
constexpr GoJsonCase go_json_cases[] = {
    {"object", R"({"a":[1,-2.5e+3,true,false,null,"xé\n"],"b":{}})", ""},
    {"scalar", " 0 ", ""},
    {"empty", "", cut},
    {"spaces", " \n", cut},
    {"open_object", "{", cut},
    {"open_array", "[", cut},
    {"cut_after_colon", R"({"apiVersion": )", cut},
    {"cut_after_comma", R"({"a":1,)", cut},
    {"cut_in_string", R"({"a)", cut},
    {"cut_in_escape", R"("\)", "invalid character ' ' in string escape code"},
    {"cut_in_unicode", R"("\u00)", R"(invalid character ' ' in \u hexadecimal character escape)"},
    {"cut_in_literal", "tru", "invalid character ' ' in literal true (expecting 'e')"},
    {"cut_in_number", "-", "invalid character ' ' in numeric literal"},
    {"cut_in_fraction", "1.", "invalid character ' ' after decimal point in numeric literal"},
    {"cut_in_exponent", "1e", "invalid character ' ' in exponent of numeric literal"},
    {"cut_after_value", "[1", cut},
    {"text", "hello", "invalid character 'h' looking for beginning of value"},
    {"form", "a=b", "invalid character 'a' looking for beginning of value"},
    {"high_byte", "\xCF", "invalid character 'Ï' looking for beginning of value"},
    {"c1_control", "\x80", R"(invalid character '\u0080' looking for beginning of value)"},
    {"nul", std::string_view("\0", 1),
     R"(invalid character '\x00' looking for beginning of value)"},
    {"nul_in_array", std::string_view("[\0", 2),
     R"(invalid character '\x00' looking for beginning of value)"},
    {"single_quote", "{'a':1}",
     R"(invalid character '\'' looking for beginning of object key string)"},
    {"double_quote", R"({"a" "b"})", R"(invalid character '"' after object key)"},
    {"bare_key", "{a:1}", "invalid character 'a' looking for beginning of object key string"},
    {"trailing_comma_object", R"({"a":1,})",
     "invalid character '}' looking for beginning of object key string"},
    {"trailing_comma_array", "[1,]", "invalid character ']' looking for beginning of value"},
    {"wrong_closer", "[1}", "invalid character '}' after array element"},
    {"no_comma", R"({"a":1 "b":2})", R"(invalid character '"' after object key:value pair)"},
    {"two_values", "{} {}", "invalid character '{' after top-level value"},
    {"leading_zero", "01", "invalid character '1' after top-level value"},
    {"newline_in_string", "\"a\nb\"", R"(invalid character '\n' in string literal)"},
    {"escape", R"("\q")", "invalid character 'q' in string escape code"},
    {"unicode", R"("\u00g0")", R"(invalid character 'g' in \u hexadecimal character escape)"},
    {"literal", "trve", "invalid character 'v' in literal true (expecting 'u')"},
    {"minus", "-x", "invalid character 'x' in numeric literal"},
    {"fraction", "1.x", "invalid character 'x' after decimal point in numeric literal"},
    {"exponent", "1e+x", "invalid character 'x' in exponent of numeric literal"},
};
INSTANTIATE_TEST_SUITE_P(, GoJsonError, testing::ValuesIn(go_json_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(GoJson, does_not_recurse_into_nesting) {
  EXPECT_EQ(go_json_error(std::string(1'000'000, '[')), cut);
  EXPECT_EQ(go_json_error(std::string(500'000, '[') + std::string(500'000, ']')), "");
}

}  // namespace
}  // namespace signet::machinery
