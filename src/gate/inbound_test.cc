#include "gate/inbound.h"

#include <gmock/gmock.h>

#include <string>

#include "gate/gate_fixture_for_tests.h"

namespace signet::gate {
namespace {

using Given = std::vector<std::pair<std::string_view, std::string_view>>;

std::string read(const Given& headers, std::string_view target = "/") {
  const auto names = testing::names();
  Inbound inbound(names);
  for (const auto& [name, value] : headers) inbound.header(name, value);
  inbound.target(target);
  const auto token = inbound.token();
  if (token) return std::string(*token);
  return token.error() == NoToken::absent ? "absent" : "malformed";
}

std::string read_one(std::string_view authorization) {
  return read({{"authorization", authorization}});
}

TEST(Inbound, reads_the_one_bearer_token) {
  EXPECT_EQ(read_one("Bearer a.b-c_d~+/="), "a.b-c_d~+/=");
}

// K-1 114.
TEST(Inbound, the_scheme_may_be_in_any_case) {
  EXPECT_EQ(read_one("bearer a.b.c"), "a.b.c");
  EXPECT_EQ(read_one("BEARER a.b.c"), "a.b.c");
}
TEST(Inbound, attack_33_two_headers_are_refused) {
  EXPECT_EQ(read({{"authorization", "Bearer a"}, {"authorization", "Bearer a"}}), "malformed");
  EXPECT_EQ(read({{"authorization", "Basic x"}, {"Authorization", "Bearer a"}}), "malformed");
  EXPECT_EQ(read_one("Bearer a,Bearer b"), "malformed") << "as Envoy joins them";
  EXPECT_EQ(read_one("Bearer a, Bearer b"), "malformed");
}
TEST(Inbound, two_spaces_are_refused) {
  EXPECT_EQ(read_one("Bearer  a"), "malformed");
  EXPECT_EQ(read_one("Bearer\ta"), "absent");
  EXPECT_EQ(read_one("Bearer a b"), "malformed");
  EXPECT_EQ(read_one("Bearer"), "malformed");
  EXPECT_EQ(read_one("Bearer "), "malformed");
}
TEST(Inbound, attack_33_a_token_in_the_query_is_refused_alone_and_beside_another) {
  EXPECT_EQ(read({}, "/a?access_token=t"), "malformed");
  EXPECT_EQ(read({{"authorization", "Bearer a"}}, "/a?b=1&access_token=t"), "malformed");
  EXPECT_EQ(read({{"authorization", "Bearer a"}}, "/a?access%5Ftoken=t"), "malformed");
  EXPECT_EQ(read({{"authorization", "Bearer a"}}, "/a?ACCESS_TOKEN"), "malformed");
  EXPECT_EQ(read({{"authorization", "Bearer a"}}, "/access_token=t?b=access_token"), "a");
}
TEST(Inbound, attack_33_a_token_in_a_cookie_is_refused_beside_another) {
  EXPECT_EQ(read({{"authorization", "Bearer a"}, {"cookie", "b=1; access_token=t"}}), "malformed");
  EXPECT_EQ(read({{"cookie", "access_token=t"}}), "malformed");
  EXPECT_EQ(read({{"authorization", "Bearer a"}, {"cookie", "session=access_token"}}), "a");
}

// K-1 115.
TEST(Inbound, another_scheme_or_no_header_is_no_credential) {
  EXPECT_EQ(read({}), "absent");
  EXPECT_EQ(read_one(""), "absent");
  EXPECT_EQ(read_one("Basic dXNlcjpwYXNz"), "absent");
  EXPECT_EQ(read_one("Bearerx a"), "absent");
}

TEST(Inbound, bytes_that_no_token_has_are_refused) {
  EXPECT_EQ(read_one("Bearer a\x01"), "malformed");
  EXPECT_EQ(read_one("Bearer \xc3\xa9"), "malformed");
  EXPECT_EQ(read_one("Bearer {\"a\":1}"), "malformed");
}

TEST(Inbound, remembers_64_headers_that_pretend_and_refuses_more) {
  const auto names = testing::names();
  for (const std::size_t count : {64U, 65U}) {
    Inbound inbound(names);
    inbound.header("authorization", "Bearer a");
    for (std::size_t i = 0; i < count; ++i) inbound.header("x_auth_subject", "root");
    EXPECT_EQ(inbound.token().has_value(), count == 64);
    EXPECT_EQ(inbound.lookalikes().size(), 64);
  }
}

}  // namespace
}  // namespace signet::gate
