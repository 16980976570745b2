#include "codec/go_quote.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signet::codec {
namespace {

TEST(GoQuote, escapes_as_go_does) {
  EXPECT_EQ(go_quote("plain"), R"("plain")");
  EXPECT_EQ(go_quote(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(go_quote("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(go_quote(std::string("\0\x1b\x7f", 3)), R"("\x00\x1b\x7f")");
  EXPECT_EQ(go_quote("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
  EXPECT_EQ(go_quote("\xc2\xa0\xc2\x85\xe2\x80\xae\xef\xbb\xbf"), R"("\u00a0\u0085\u202e\ufeff")");
  EXPECT_EQ(go_quote("\xf3\xa0\x80\x81"), R"("\U000e0001")");
  EXPECT_EQ(go_quote("a'b/<&>"), "\"a'b/<&>\"");
  EXPECT_EQ(go_quote("\xff\xc3"), R"("\xff\xc3")");
  EXPECT_EQ(go_quote("\xed\xa0\x80"), R"("\xed\xa0\x80")");
  EXPECT_EQ(go_quote("\xe0\x80\x80"), R"("\xe0\x80\x80")");
}

TEST(GoQuote, writes_lists_with_spaces) {
  const std::vector<std::string> two{"x", "y"};
  EXPECT_EQ(go_quote_list(two), R"(["x" "y"])");
  const std::vector<std::string_view> one{""};
  EXPECT_EQ(go_quote_list(one), R"([""])");
  EXPECT_EQ(go_quote_list(std::span<const std::string>()), "[]");
}

TEST(GoQuote, knows_what_is_one_printable_character) {
  for (const auto* character : {"a", " ", "ü", "☺", "\U000e0100"}) {
    EXPECT_TRUE(is_go_printable(character)) << character;
  }
  for (const auto* character : {"", "ab", "\n", "\x7f", "\u00a0", "\u200b", "\xff", "\U000e0001"}) {
    EXPECT_FALSE(is_go_printable(character)) << go_quote(character);
  }
}

}  // namespace
}  // namespace signet::codec
