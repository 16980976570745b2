#include "signet/bearer.h"

#include <gtest/gtest.h>

#include <string>

namespace signet {
namespace {

std::string read(std::string_view value) {
  const auto token = bearer_token(value);
  if (token) return std::string(*token);
  return token.error() == NoBearer::absent ? "absent" : "malformed";
}

TEST(Bearer, reads_one_token) {
  EXPECT_EQ(read("Bearer a.b-c_d~+/=="), "a.b-c_d~+/==");
  EXPECT_EQ(read("bEaReR a.b.c"), "a.b.c");
  EXPECT_EQ(read(" \tBearer a.b.c\t "), "a.b.c");
}

TEST(Bearer, is_absent_where_nobody_says_bearer) {
  for (const auto* value : {"", " ", "Basic YTpi", "Bearerx a", "Bearer\ta", "Beare", "a.b.c"}) {
    EXPECT_EQ(read(value), "absent") << value;
  }
}

TEST(Bearer, refuses_what_could_be_read_in_two_ways) {
  for (const auto* value :
       {"Bearer", "Bearer ", "Bearer  a", "Bearer \ta", "Bearer a b", "Bearer a\tb", "Bearer a,b",
        "Bearer a, Bearer b", "Bearer a\r\nX: y", "Bearer \"a\"", "Bearer a;b",
        "Bearer =", "Bearer a=b", "Bearer \xc3\xa9", "Bearer token=a", "Bearer {}"}) {
    EXPECT_EQ(read(value), "malformed") << value;
  }
  EXPECT_EQ(read(std::string_view("Bearer a\0b", 10)), "malformed");
  EXPECT_EQ(read("Bearer " + std::string(1'000'000, ',')), "malformed");
}

TEST(Bearer, answers_by_what_went_wrong) {
  EXPECT_EQ(challenge(NoBearer::absent), "Bearer");
  EXPECT_EQ(challenge(NoBearer::malformed), "Bearer error=\"invalid_token\"");
  for (int number = 1; number <= 15; ++number) {
    const auto refusal = static_cast<Refusal>(number);
    const bool unknowable = refusal == Refusal::keys_unavailable;
    EXPECT_EQ(http_status(refusal), unknowable ? 503 : 401);
    EXPECT_EQ(challenge(refusal), unknowable ? "" : "Bearer error=\"invalid_token\"");
  }
}

}  // namespace
}  // namespace signet
