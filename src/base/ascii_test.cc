#include "base/ascii.h"

#include <gtest/gtest.h>

#include <string>

namespace signet {
namespace {

TEST(Ascii, letters_have_a_case_and_nothing_else_has) {
  EXPECT_EQ(lower_case("AZaz@[`{09"), "azaz@[`{09");
  EXPECT_EQ(upper_case("AZaz@[`{09"), "AZAZ@[`{09");
  // What a locale would fold: U+00C9, and U+212A, which lower-cases to k.
  EXPECT_EQ(lower_case("\xC3\x89\xE2\x84\xAA"), "\xC3\x89\xE2\x84\xAA");
}

TEST(Ascii, characters_are_of_a_class_or_not_up_to_its_ends) {
  const auto members = [](bool (*is_one)(char)) {
    std::string all;
    for (int c = 0; c < 256; ++c) {
      if (is_one(static_cast<char>(c))) all += static_cast<char>(c);
    }
    return all;
  };
  EXPECT_EQ(members(is_digit), "0123456789");
  EXPECT_EQ(members(is_hex_digit), "0123456789ABCDEFabcdef");
  EXPECT_EQ(members(is_lower_alphanumeric), "0123456789abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(members(is_alphanumeric),
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

TEST(Ascii, texts_are_equal_whatever_their_case) {
  EXPECT_TRUE(equal_ignoring_case("Bearer", "bEARER"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("bearer", "bearer "));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_FALSE(equal_ignoring_case("\xE2\x84\xAA", "k"));
}

TEST(Ascii, blanks_go_from_both_ends_only) {
  EXPECT_EQ(trimmed(" \t a b \t"), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\ra\n"), "\ra\n");
  EXPECT_EQ(trimmed("\ra\n", "\r\n"), "a");
}

}  // namespace
}  // namespace signet
