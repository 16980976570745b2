#include "signer/signed_header.h"

#include <gtest/gtest.h>

#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::encoded;

// "" when it is good.
std::string verdict(std::string_view json) {
  const auto checked = check_signed_header(encoded(json));
  return checked ? "" : checked.error().message;
}

TEST(SignedHeader, gives_the_key_id) {
  EXPECT_EQ(check_signed_header(encoded(R"({"alg":"ES256","kid":"k","typ":"JWT"})")).value(), "k");
  for (const std::string algorithm : {"RS256", "ES256", "ES384", "ES512"}) {
    EXPECT_EQ(verdict(R"({"typ":"JWT","kid":"k","alg":")" + algorithm + "\"}"), "");
  }
  const std::string longest(1024, 'k');
  EXPECT_EQ(verdict(R"({"alg":"ES256","typ":"JWT","kid":")" + longest + "\"}"), "");
}

// tokens.md 13.115, and the order of 10.
TEST(SignedHeader, that_says_something_else_is_refused_in_order) {
  const std::string long_id(1025, 'k');
  EXPECT_EQ(verdict(R"({"alg":"x"})"), "bad type");
  EXPECT_EQ(verdict(R"({"alg":"ES256","kid":"k"})"), "bad type");
  EXPECT_EQ(verdict(R"({"alg":"ES256","kid":"k","typ":"jwt"})"), "bad type");
  EXPECT_EQ(verdict(R"({"alg":"x","typ":"JWT"})"), "key id missing");
  EXPECT_EQ(verdict(R"({"alg":"x","kid":"","typ":"JWT"})"), "key id missing");
  EXPECT_EQ(verdict(R"({"alg":"x","typ":"JWT","kid":")" + long_id + "\"}"),
            "key id longer than 1 kb");
  EXPECT_EQ(verdict(R"({"alg":"PS256","kid":"k","typ":"JWT"})"),
            R"(bad signing algorithm "PS256")");
  EXPECT_EQ(verdict(R"({"kid":"k","typ":"JWT"})"), R"(bad signing algorithm "")");
  EXPECT_EQ(verdict(R"({"alg":"none","kid":"k","typ":"JWT"})"), R"(bad signing algorithm "none")");
}

TEST(SignedHeader, has_no_other_member_and_is_json) {
  constexpr auto foreign = "header has a member beside alg, kid and typ";
  EXPECT_EQ(verdict(R"({"alg":"ES256","kid":"k","typ":"JWT","jku":"https://a"})"), foreign);
  EXPECT_EQ(verdict(R"({"alg":"ES256","kid":"k","typ":"JWT","ALG":"none"})"), foreign);
  for (const char* text : {"", "null", "[]", R"({"alg":1,"kid":"k","typ":"JWT"})",
                           R"({"alg":"ES256","kid":"k","kid":"l","typ":"JWT"})",
                           R"({"alg":"ES256","kid":"k","typ":"JWT"} x)"}) {
    EXPECT_EQ(verdict(text), "header is not a JSON object of strings") << text;
  }
}

TEST(SignedHeader, is_base64url_of_bounded_size) {
  for (const std::string text : {"e30=", "e 30", "e3+0", "\"}", "e30.e30"}) {
    EXPECT_EQ(check_signed_header(text).error().message, "header is not base64url") << text;
  }
  EXPECT_EQ(check_signed_header(std::string(5463, 'e')).error().message, "header is too large");
}

TEST(SignedHeader, an_algorithm_is_shown_in_part_and_quoted) {
  const std::string algorithm(100, 'x');
  EXPECT_EQ(verdict(R"({"alg":"\n)" + algorithm + R"(","kid":"k","typ":"JWT"})"),
            R"(bad signing algorithm "\n)" + std::string(31, 'x') + '"');
}

}  // namespace
}  // namespace signet::signer
