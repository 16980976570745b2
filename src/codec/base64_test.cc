#include "codec/base64.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace signet::codec {
namespace {

struct VectorCase {
  const char* name;
  const char* bytes;
  const char* standard;
  const char* url;
};
// RFC 4648 s10.
constexpr VectorCase vector_cases[] = {
    {"empty", "", "", ""},
    {"one", "f", "Zg==", "Zg"},
    {"two", "fo", "Zm8=", "Zm8"},
    {"three", "foo", "Zm9v", "Zm9v"},
    {"four", "foob", "Zm9vYg==", "Zm9vYg"},
    {"five", "fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"six", "foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"both_special_characters", "\xfb\xff\xbf", "+/+/", "-_-_"},
};
class Base64Vector : public testing::TestWithParam<VectorCase> {};
TEST_P(Base64Vector, goes_both_ways) {
  const auto& row = GetParam();
  EXPECT_EQ(base64_encode(row.bytes), row.standard);
  EXPECT_EQ(base64_decode(row.standard), row.bytes);
  EXPECT_EQ(base64url_encode(row.bytes), row.url);
  EXPECT_EQ(base64url_decode(row.url), row.bytes);
}
INSTANTIATE_TEST_SUITE_P(, Base64Vector, testing::ValuesIn(vector_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Base64, every_length_of_bytes_comes_back) {
  SeededRandom random(7);
  for (std::size_t length = 0; length < 300; ++length) {
    std::string bytes(length, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

TEST(Base64, appending_keeps_what_was_there) {
  std::string out = "a.";
  append_base64url(out, "foob");
  EXPECT_EQ(out, "a.Zm9vYg");
  append_base64url(out, "");
  EXPECT_EQ(out, "a.Zm9vYg");
}

TEST(Base64Url, refuses_every_character_outside_the_alphabet_at_every_place) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    for (std::size_t at = 0; at < 7; ++at) {
      std::string text = "AAAAAAA";
      text.back() = at == 6 ? c : 'A';
      text[at] = c;
      const auto decoded = base64url_decode(text);
      if (letters.find(c) != std::string_view::npos) continue;
      ASSERT_FALSE(decoded) << byte;
      EXPECT_EQ(decoded.error().kind, ErrorKind::invalid);
      EXPECT_EQ(decoded.error().message,
                "base64url: byte " + std::to_string(at) + " is outside the alphabet");
    }
  }
}

TEST(Base64Url, accepts_exactly_one_spelling_of_each_value) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const char* prefix : {"A", "AA"}) {
    for (const char last : letters) {
      const std::string text = std::string(prefix) + last;
      const auto decoded = base64url_decode(text);
      if (decoded) EXPECT_EQ(base64url_encode(*decoded), text);
    }
  }
  EXPECT_TRUE(base64url_decode("AQ"));
  EXPECT_EQ(base64url_decode("AR").error().message,
            "base64url: the unused bits at the end are not zero");
  EXPECT_TRUE(base64url_decode("AAE"));
  EXPECT_FALSE(base64url_decode("AAF"));
  EXPECT_FALSE(base64_decode("AR=="));
}

TEST(Base64Url, refuses_padding_space_and_impossible_lengths) {
  for (const auto* text : {"Zg==", "Zg=", "Zm9v\n", " Zm9v", "A", "AAAAA", "Zm 9v", "Zm9v="}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

TEST(Base64, refuses_missing_surplus_and_misplaced_padding) {
  for (const auto* text : {"Zg", "Zg=", "Zm9v====", "====", "=", "Z===", "Zg==Zg==", "Zm9vYg=A",
                           "-_-_", "Zm9v\n", "Zm8==="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(Base64, errors_never_show_the_input) {
  EXPECT_EQ(base64url_decode("c2VjcmV0!").error().message.find("c2V"), std::string::npos);
}

TEST(Hex, is_lower_case) {
  EXPECT_EQ(hex_encode(std::string_view("\x00\x7f\xab\xff", 4)), "007fabff");
  EXPECT_EQ(hex_encode(""), "");
}

}  // namespace
}  // namespace signet::codec
