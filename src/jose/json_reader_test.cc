#include "jose/json_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace signet::jose {
namespace {

bool is_json(std::string text, JsonReader::Repeated repeated = JsonReader::Repeated::refuse) {
  JsonReader reader(text, repeated);
  return reader.skip() && reader.finish();
}

std::optional<std::string> string_in(std::string text) {
  JsonReader reader(text);
  std::string_view out;
  if (!reader.string(out) || !reader.finish()) return std::nullopt;
  return std::string(out);
}

std::optional<std::int64_t> number_in(std::string text) {
  JsonReader reader(text);
  std::int64_t out = 0;
  if (!reader.whole_number(out) || !reader.finish()) return std::nullopt;
  return out;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string object_of(std::size_t members) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i) {
    if (i > 0) text += ',';
    text += "\"m" + std::to_string(i) + "\":1";
  }
  return text + "}";
}

TEST(JsonReader, takes_every_kind_of_value) {
  for (const char* text : {"{}", "[]", "\"\"", "0", "-0", "1.5e+10", "true", "false", "null",
                           " { \"a\" : [ 1 , { } ] } ", "\t\r\n1 "}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(JsonReader, refuses_what_is_no_json) {
  for (const char* text : {"",         " ",
                           "{",        "}",
                           "[",        "[1,]",
                           "[,1]",     "{\"a\"}",
                           "{\"a\":}", "{\"a\":1,}",
                           "{a:1}",    "'a'",
                           "\"a",      "01",
                           "+1",       "1.",
                           ".5",       "1e",
                           "-",        "NaN",
                           "tru",      "nulll",
                           "1 2",      "{}{}",
                           "[1 2]",    "{\"a\":1 \"b\":2}",
                           "// c\n1",  "\xef\xbb\xbf{}"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(JsonReader, unescapes_strings_in_place) {
  EXPECT_EQ(string_in(R"("plain text, longer than a word")"), "plain text, longer than a word");
  EXPECT_EQ(string_in(R"("a\u0026b\n\"\\\/\b\f\r\t")"), "a&b\n\"\\/\b\f\r\t");
  EXPECT_EQ(string_in(R"("\u00e9\u20ac\ud83d\ude00")"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(string_in("\"\xc3\xa9 and \xf0\x9f\x98\x80 raw\""),
            "\xc3\xa9 and \xf0\x9f\x98\x80 raw");
  EXPECT_EQ(string_in("\"x\\u0000y\""), std::string("x\0y", 3));
}

TEST(JsonReader, refuses_bad_strings) {
  for (const char* text :
       {"\"\n\"", "\"\x01\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800x\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\x80\"", "\"\xc0\xaf\"", "\"\xc3\"",
        "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"",
        "\"abcdefgh\x7f\xff\"", "\"\\"}) {
    EXPECT_FALSE(string_in(text)) << text;
  }
}

TEST(JsonReader, finds_a_special_byte_at_every_offset_of_a_word) {
  for (std::size_t i = 0; i < 24; ++i) {
    std::string inside(24, 'x');
    inside[i] = '\x1f';
    EXPECT_FALSE(string_in('"' + inside + '"'));
    EXPECT_EQ(string_in('"' + std::string(i, 'x') + "\\n" + std::string(24 - i, 'y') + '"'),
              std::string(i, 'x') + "\n" + std::string(24 - i, 'y'));
  }
}

TEST(JsonReader, cuts_numbers_to_whole_ones) {
  EXPECT_EQ(number_in("0"), 0);
  EXPECT_EQ(number_in("1700000000"), 1700000000);
  EXPECT_EQ(number_in("1700000000.9"), 1700000000);
  EXPECT_EQ(number_in("1.7e9"), 1700000000);
  EXPECT_EQ(number_in("9007199254740992"), 9007199254740992);
}

TEST(JsonReader, refuses_numbers_that_are_no_time) {
  for (const char* text : {"9007199254740993", "-1", "-0", "1e400", "99999999999999999999", "\"1\"",
                           "true", "null", "0x10", "1e16"}) {
    EXPECT_FALSE(number_in(text)) << text;
  }
}

TEST(JsonReader, refuses_a_name_that_comes_twice_at_any_depth) {
  EXPECT_FALSE(is_json(R"({"a":1,"a":1})"));
  EXPECT_FALSE(is_json(R"({"a":1,"\u0061":2})"));
  EXPECT_FALSE(is_json(R"({"x":[{"y":{"a":1,"b":2,"a":3}}]})"));
  EXPECT_TRUE(is_json(R"({"a":{"a":{"a":1}},"b":{"a":1}})"));
  EXPECT_TRUE(is_json(R"({"a":1,"a":1})", JsonReader::Repeated::allow));
}

TEST(JsonReader, limits_depth_and_members) {
  EXPECT_TRUE(is_json(nested(16)));
  EXPECT_FALSE(is_json(nested(17)));
  EXPECT_FALSE(is_json(nested(10000)));
  EXPECT_TRUE(is_json(object_of(128)));
  EXPECT_FALSE(is_json(object_of(129)));
  EXPECT_FALSE(is_json("{\"x\":[" + object_of(128) + "," + object_of(128) +
                       "],\"y\":{\"z\":" + object_of(128) + ",\"w\":" + object_of(129) + "}}"));
}

}  // namespace
}  // namespace signet::jose
