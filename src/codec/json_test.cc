#include "codec/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/utf8.h"

namespace signet::codec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Json parsed(std::string_view text) {
  auto document = parse_json(text, {});
  EXPECT_TRUE(document) << document.error().message;
  return document ? std::move(document->value) : Json();
}

std::string rewritten(std::string_view text) {
  return to_json(parsed(text));
}

std::string problem(std::string_view text, const ParseLimits& limits = {}) {
  const auto document = parse_json(text, limits);
  if (document) return "accepted";
  EXPECT_EQ(document.error().kind, ErrorKind::invalid);
  return document.error().message;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonReader, keeps_members_in_their_order) {
  EXPECT_EQ(rewritten(R"( {"b" : 1 , "a":[true,false,null,{}, [] ],"c":"x"} )"),
            R"({"b":1,"a":[true,false,null,{},[]],"c":"x"})");
}

TEST(JsonReader, reads_a_lone_scalar) {
  EXPECT_EQ(rewritten("\n7\t"), "7");
  EXPECT_EQ(rewritten("\"\""), "\"\"");
  EXPECT_EQ(rewritten("null"), "null");
}

TEST(JsonReader, decodes_every_escape) {
  EXPECT_EQ(parsed(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00.")").get_string(),
            "\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001F600.");
}

TEST(JsonReader, decodes_escapes_in_names) {
  EXPECT_EQ(string_at(parsed(R"({"\u006bid":"v\n"})"), "kid"), "v\n");
}

struct NumberCase {
  const char* name;
  const char* text;
  const char* written;
};
constexpr NumberCase number_cases[] = {
    {"zero", "0", "0"},
    {"negative", "-12", "-12"},
    {"largest_int64", "9223372036854775807", "9223372036854775807"},
    {"smallest_int64", "-9223372036854775808", "-9223372036854775808"},
    {"beyond_int64", "9223372036854775808", "9223372036854775808"},
    {"largest_uint64", "18446744073709551615", "18446744073709551615"},
    {"beyond_uint64", "18446744073709551616", "18446744073709552000"},
    {"below_int64", "-9223372036854775809", "-9223372036854776000"},
    {"large_short", "1.5e16", "15000000000000000"},
    {"fraction", "0.1", "0.1"},
    {"whole_double", "1.0", "1"},
    {"exponent", "1e3", "1000"},
    {"last_fixed", "1e20", "100000000000000000000"},
    {"first_scientific", "1e21", "1e+21"},
    {"smallest_fixed", "0.000001", "0.000001"},
    {"small_scientific", "1e-7", "1e-7"},
    {"two_digit_exponent", "1.5e-10", "1.5e-10"},
    {"largest_double", "1.7976931348623157e308", "1.7976931348623157e+308"},
    {"underflow", "1e-400", "0"},
    {"negative_zero", "-0", "0"},
    {"negative_zero_double", "-0.0", "0"},
    {"negative_underflow", "-1e-400", "0"},
    {"hard_to_round", "9007199254740993.0", "9007199254740992"},
};
class JsonNumber : public testing::TestWithParam<NumberCase> {};
TEST_P(JsonNumber, is_read_exactly_and_written_as_go_does) {
  EXPECT_EQ(rewritten(GetParam().text), GetParam().written);
}
INSTANTIATE_TEST_SUITE_P(, JsonNumber, testing::ValuesIn(number_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(JsonReader, distinguishes_integers_from_doubles) {
  EXPECT_TRUE(parsed("1").is_int64());
  EXPECT_TRUE(parsed("9223372036854775808").is_uint64());
  EXPECT_TRUE(parsed("18446744073709551616").is_double());
  EXPECT_TRUE(parsed("1.0").is_double());
}

struct RefusalCase {
  const char* name;
  std::string_view text;
  const char* message;
};
constexpr RefusalCase refusal_cases[] = {
    {"nothing", "", "the text ends where a value belongs at byte 0"},
    {"only_space", "  ", "the text ends where a value belongs at byte 2"},
    {"open_array", "[1", "the text ends where , or ] belongs at byte 2"},
    {"trailing_comma", "[1,]", "unexpected ']' where a value belongs at byte 3"},
    {"trailing_comma_in_object", R"({"a":1,})", "unexpected '}' where a name belongs at byte 7"},
    {"wrong_closer", "[1}", "unexpected '}' where , or ] belongs at byte 2"},
    {"name_without_quotes", "{a:1}", "unexpected 'a' where a name belongs at byte 1"},
    {"missing_colon", R"({"a" 1})", "unexpected '1' where : belongs at byte 5"},
    {"missing_value", R"({"a":})", "unexpected '}' where a value belongs at byte 5"},
    {"two_values", "1 2", "unexpected '2' after the value at byte 2"},
    {"closer_after_the_value", "{}}", "unexpected '}' after the value at byte 2"},
    {"leading_zero", "01", "unexpected '1' after the value at byte 1"},
    {"leading_plus", "+1", "unexpected '+' where a value belongs at byte 0"},
    {"lone_minus", "-", "the text ends where a digit belongs at byte 1"},
    {"point_without_digits", "1.", "the text ends where a digit belongs at byte 2"},
    {"exponent_without_digits", "1e+", "the text ends where a digit belongs at byte 3"},
    {"number_too_large", "1e400", "a number that no double can hold at byte 5"},
    {"nan", "NaN", "unexpected 'N' where a value belongs at byte 0"},
    {"capital_word", "True", "unexpected 'T' where a value belongs at byte 0"},
    {"cut_word", "tru", "unexpected 't' where a value belongs at byte 0"},
    {"comment", "/**/1", "unexpected '/' where a value belongs at byte 0"},
    {"byte_order_mark", "\xef\xbb\xbf{}", "unexpected '?' where a value belongs at byte 0"},
    {"single_quotes", "'a'", "unexpected ''' where a value belongs at byte 0"},
    {"open_string", "\"abc", "a string without an end at byte 4"},
    {"escape_at_the_end", "\"\\", "an unknown escape at byte 1"},
    {"unknown_escape", R"("\x41")", "an unknown escape at byte 1"},
    {"short_unicode_escape", R"("\u12")", "an escape without four hex digits at byte 1"},
    {"signed_unicode_escape", R"("\u-123")", "an escape without four hex digits at byte 1"},
    {"high_surrogate_alone", R"("\ud83d")", "half a surrogate pair at byte 1"},
    {"low_surrogate_alone", R"("\ude00")", "half a surrogate pair at byte 1"},
    {"high_surrogate_twice", R"("\ud83d\ud83d")", "half a surrogate pair at byte 1"},
    {"raw_newline", "\"a\nb\"", "a control character inside a string at byte 2"},
    {"raw_nul", std::string_view("\"\0\"", 3), "a control character inside a string at byte 1"},
    {"bad_utf8", "\"abcdefgh\xff\"", "text that is not UTF-8 at byte 9"},
    {"overlong_utf8", "\"\xc0\xaf\"", "text that is not UTF-8 at byte 1"},
    {"encoded_surrogate", "\"\xed\xa0\x80\"", "text that is not UTF-8 at byte 1"},
    {"cut_utf8", "\"\xe2\x82\"", "text that is not UTF-8 at byte 1"},
};
class JsonRefusal : public testing::TestWithParam<RefusalCase> {};
TEST_P(JsonRefusal, names_the_problem_and_the_offset) {
  EXPECT_EQ(problem(GetParam().text), std::string("JSON: ") + GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(, JsonRefusal, testing::ValuesIn(refusal_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(JsonReader, finds_the_end_of_strings_of_every_length) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string body(length, '~');
    EXPECT_EQ(parsed("\"" + body + "\"").get_string(), body);
    EXPECT_EQ(parsed("\"" + body + "\\n\"").get_string(), body + "\n");
    EXPECT_EQ(parsed("\"" + body + "\u00e9\"").get_string(), body + "\u00e9");
    EXPECT_THAT(problem("\"" + body + "\x1f\""), HasSubstr("control character"));
  }
}

TEST(JsonLimits, the_last_level_is_accepted_and_the_next_refused) {
  EXPECT_EQ(problem(nested(64)), "accepted");
  EXPECT_EQ(problem(nested(65)), "JSON: nested deeper than 64 levels at byte 64");
  EXPECT_EQ(problem(R"({"a":{}})", {.depth_max = 2}), "accepted");
  EXPECT_EQ(problem(R"({"a":{}})", {.depth_max = 1}),
            "JSON: nested deeper than 1 levels at byte 5");
}

TEST(JsonLimits, a_million_brackets_do_no_harm) {
  EXPECT_THAT(problem(std::string(1'000'000, '[')), HasSubstr("nested deeper"));
  const std::string deep = nested(100'000);
  EXPECT_EQ(problem(deep, {.depth_max = 50}), "JSON: nested deeper than 50 levels at byte 50");
}

TEST(JsonLimits, bytes_are_counted_before_anything_is_read) {
  EXPECT_EQ(problem("[1]", {.bytes_max = 3}), "accepted");
  EXPECT_EQ(problem("[1] ", {.bytes_max = 3}), "JSON: larger than 3 bytes");
}

TEST(JsonLimits, members_are_counted_per_object) {
  EXPECT_EQ(problem(R"({"a":{"b":1,"c":2},"d":3})", {.members_max = 2}), "accepted");
  EXPECT_EQ(problem(R"({"a":1,"b":2,"c":3})", {.members_max = 2}),
            "JSON: an object of more than 2 members at byte 13");
}

std::vector<std::string> duplicates(std::string_view text) {
  auto document = parse_json(text, {});
  EXPECT_TRUE(document) << document.error().message;
  return document ? document->duplicates : std::vector<std::string>{};
}

TEST(JsonDuplicates, the_last_value_wins) {
  EXPECT_EQ(rewritten(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
}

TEST(JsonDuplicates, are_reported_once_with_their_path) {
  EXPECT_THAT(duplicates(R"({"a":1,"a":2,"a":3})"), ElementsAre("a"));
  EXPECT_THAT(duplicates(R"({"spec":{"x":0,"c":[{},{"name":1,"name":2}]}})"),
              ElementsAre("spec.c[1].name"));
  EXPECT_THAT(duplicates(R"([[{"a":1,"a":1}]])"), ElementsAre("[0][0].a"));
}

TEST(JsonDuplicates, are_seen_through_escapes) {
  EXPECT_THAT(duplicates(R"({"a":1,"\u0061":2})"), ElementsAre("a"));
}

TEST(JsonDuplicates, the_same_name_in_different_objects_is_none) {
  EXPECT_THAT(duplicates(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"), IsEmpty());
}

TEST(JsonDuplicates, are_found_in_large_objects) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_THAT(duplicates(text + "\"z\":1}"), IsEmpty());
  EXPECT_THAT(duplicates(text + "\"k7\":1}"), ElementsAre("k7"));
}

TEST(JsonDuplicates, at_most_sixteen_are_reported) {
  std::string text = "[";
  for (int i = 0; i < 17; ++i) text += R"({"a":1,"a":2},)";
  EXPECT_THAT(duplicates(text + "0]"), SizeIs(16));
}

TEST(JsonDuplicates, paths_are_short_and_printable) {
  const auto found = duplicates("{\"\\r\\nx\":1,\"\\r\\nx\":1}");
  EXPECT_THAT(found, ElementsAre("??x"));
  const std::string name(1000, 'n');
  const auto long_path = duplicates("{\"" + name + "\":1,\"" + name + "\":1}");
  ASSERT_THAT(long_path, SizeIs(1));
  EXPECT_LT(long_path[0].size(), 100U);
}

TEST(JsonStrict, refuses_duplicates_anywhere) {
  EXPECT_TRUE(parse_json_strict(R"({"a":1,"b":{"a":1}})", {}));
  const auto refused = parse_json_strict(R"({"b":{"a":1,"a":1}})", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "JSON: the name b.a occurs more than once");
}

std::string quoted(std::string_view text, Escape escape = Escape::plain) {
  std::string out;
  append_json_string(out, text, escape);
  return out;
}

TEST(JsonWriter, escapes_what_the_standard_requires) {
  EXPECT_EQ(quoted("a\"\\\b\f\n\r\t"), R"("a\"\\\b\f\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(quoted("<&>\u2028\u00e9"), "\"<&>\u2028\u00e9\"");
}

TEST(JsonWriter, escapes_html_as_go_does) {
  EXPECT_EQ(quoted("<&>\u2028\u2029\u202a\u00e9", Escape::html),
            "\"\\u003c\\u0026\\u003e\\u2028\\u2029\u202a\u00e9\"");
  EXPECT_EQ(to_json(parsed(R"({"<":["&"]})"), Escape::html), R"({"\u003c":["\u0026"]})");
}

TEST(JsonWriter, finds_what_needs_care_wherever_it_stands) {
  for (std::size_t length = 1; length <= 70; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      text[at] = '"';
      const auto rest = std::string(length - at - 1, 'a');
      EXPECT_EQ(quoted(text, Escape::plain), "\"" + std::string(at, 'a') + "\\\"" + rest + "\"");
    }
  }
}

TEST(JsonWriter, replaces_bytes_that_are_not_utf8) {
  EXPECT_EQ(quoted("a\xff\xe2\x82z"), R"("a\ufffd\ufffd\ufffdz")");
}

TEST(JsonWriter, writes_null_for_numbers_json_cannot_spell) {
  EXPECT_EQ(to_json(Json(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(to_json(Json(std::numeric_limits<double>::quiet_NaN())), "null");
}

TEST(JsonWriter, appends) {
  std::string out = "x";
  append_json(out, parsed("[1]"));
  EXPECT_EQ(out, "x[1]");
}

TEST(JsonWriter, indents_by_two_spaces) {
  EXPECT_EQ(to_pretty_json(parsed(R"({"a":{"b":[1,2],"c":{}},"d":[]})")),
            "{\n  \"a\": {\n    \"b\": [\n      1,\n      2\n    ],\n    \"c\": {}\n  },\n"
            "  \"d\": []\n}");
}

TEST(JsonPath, finds_through_objects_only) {
  const auto value = parsed(R"({"metadata":{"name":"x","n":[{"a":1}]},"t":true,"i":-5})");
  EXPECT_EQ(string_at(value, "metadata.name"), "x");
  EXPECT_EQ(string_at(value, "metadata"), "");
  EXPECT_EQ(string_at(value, "metadata.name.more"), "");
  EXPECT_EQ(find(value, "metadata.n.a"), nullptr);
  EXPECT_EQ(find(value, ""), &value);
  EXPECT_EQ(bool_at(value, "t"), true);
  EXPECT_EQ(bool_at(value, "i"), std::nullopt);
  EXPECT_EQ(int_at(value, "i"), -5);
  EXPECT_EQ(int_at(value, "t"), std::nullopt);
  EXPECT_THAT(array_at(value, "metadata.n"), SizeIs(1));
  EXPECT_THAT(array_at(value, "metadata"), IsEmpty());
  EXPECT_THAT(object_at(value, "metadata"), SizeIs(2));
  EXPECT_THAT(object_at(value, "nowhere"), IsEmpty());
}

TEST(JsonPath, integers_must_fit) {
  EXPECT_EQ(int_at(parsed("9223372036854775807"), ""), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(int_at(parsed("9223372036854775808"), ""), std::nullopt);
  EXPECT_EQ(int_at(parsed("1.0"), ""), std::nullopt);
}

TEST(JsonPath, makes_the_objects_on_the_way) {
  auto value = parsed(R"({"a":1})");
  make_object_at(value, "a.b")["c"] = 2;
  make_object_at(value, "a.b")["d"] = 3;
  EXPECT_EQ(to_json(value), R"({"a":{"b":{"c":2,"d":3}}})");
  ASSERT_NE(find(value, "a.b.c"), nullptr);
  *find(value, "a.b.c") = "new";
  EXPECT_EQ(string_at(value, "a.b.c"), "new");
}

}  // namespace
}  // namespace signet::codec
