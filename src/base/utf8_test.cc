#include "base/utf8.h"

#include <gtest/gtest.h>

namespace signet {
namespace {

TEST(Utf8, every_scalar_value_is_written_and_recognised) {
  for (std::uint32_t code = 0; code <= 0x10ffff; code += code < 0x900 ? 1 : 0x3d) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    std::string text;
    append_utf8(text, code);
    EXPECT_EQ(utf8_sequence(text), text.size()) << code;
  }
}

TEST(Utf8, boundaries_of_each_length_are_exact) {
  EXPECT_TRUE(is_utf8("\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"));
  for (const auto* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff", "\xc2\x41", "\xf0\x90\x80\x41"}) {
    EXPECT_EQ(utf8_sequence(text), 0U) << text;
    EXPECT_FALSE(is_utf8(std::string("12345678") + text));
  }
  EXPECT_EQ(utf8_sequence(""), 0U);
  EXPECT_TRUE(is_utf8(""));
}

TEST(Excerpt, is_short_and_printable) {
  EXPECT_EQ(excerpt("plain \u00e9"), "plain \u00e9");
  EXPECT_EQ(excerpt("a\r\n\x1b\x7f\u0085\xff"), "a??????");
  EXPECT_EQ(excerpt("abcd", 4), "abcd");
  EXPECT_EQ(excerpt("abcde", 4), "abcd...");
  EXPECT_EQ(excerpt("abc\u00e9", 4), "abc...");
}

}  // namespace
}  // namespace signet
