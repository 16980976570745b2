#include "signer/claims_check.h"

#include <gtest/gtest.h>

#include <string>

#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::encoded;
using std::chrono::seconds;

// "" when it may be signed; tokens may live for an hour, and it is 1000.
std::string verdict(std::string_view encoded_claims) {
  const auto checked = check_claims(encoded_claims, seconds{3600}, Instant(seconds{1000}));
  return checked ? "" : checked.error().message;
}

TEST(ClaimsCheck, lets_claims_of_tokens_pass) {
  EXPECT_EQ(verdict(encoded(R"({"iss":"i","sub":"s","exp":4600,"aud":["a"],"kubernetes.io":{}})")),
            "");
}

TEST(ClaimsCheck, signs_nothing_that_lives_too_long) {
  EXPECT_EQ(verdict(encoded(R"({"iss":"i","sub":"s","exp":4660})")), "");
  EXPECT_EQ(verdict(encoded(R"({"iss":"i","sub":"s","exp":4661})")),
            "claims end more than 3600 seconds from now");
  EXPECT_EQ(verdict(encoded(R"({"iss":"i","sub":"s","exp":4661,"iat":4000})")),
            "claims end more than 3600 seconds from now");
  EXPECT_EQ(verdict(encoded(R"({"iss":"i","sub":"s"})")), "claims never end");
}

TEST(ClaimsCheck, signs_nothing_that_is_no_token) {
  for (const char* text : {"", "null", "[]", "1", "\"x\"", "{", R"({"iss":1,"sub":"s","exp":2})",
                           R"({"iss":"i","sub":"s","exp":"2"})", R"({"iss":"i","iss":"j"})",
                           R"({"iss":"i","sub":"s","exp":-1})", "{\"iss\":\"\xff\"}"}) {
    EXPECT_EQ(verdict(encoded(text)), "claims are not a JSON object of a token") << text;
  }
  EXPECT_EQ(verdict(encoded(R"({"sub":"s","exp":2000})")),
            "claims say neither who issues nor who is meant");
  EXPECT_EQ(verdict(encoded(R"({"iss":"i","sub":"","exp":2000})")),
            "claims say neither who issues nor who is meant");
  for (const char* text : {"e30=", "e3 0", "e30.e30", "*"}) {
    EXPECT_EQ(verdict(text), "claims are not base64url") << text;
  }
}

TEST(ClaimsCheck, takes_as_much_as_a_token_can_hold) {
  const std::string frame = R"({"iss":"i","sub":"s","exp":2000,"x":""})";
  auto longest = frame;
  longest.insert(longest.size() - 2, std::size_t{12} * 1024 - frame.size(), 'x');
  EXPECT_EQ(verdict(encoded(longest)), "");
  EXPECT_EQ(verdict(encoded(longest + " ")), "claims are larger than 12288 bytes");
}

}  // namespace
}  // namespace signet::signer
