#include "gate/identity_headers.h"

#include <gmock/gmock.h>

#include "gate/gate_fixture_for_tests.h"

namespace signet::gate {
namespace {

using testing::cart;
using testing::names;

std::string value_of(const std::vector<IdentityHeaders::Header>& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "no such header";
}

TEST(IdentityHeaders, say_who_calls) {
  const auto headers = names().of(*cart());
  EXPECT_EQ(value_of(headers, "x-auth-subject"), "k8s/prod-eu/ns/shop/sa/cart");
  EXPECT_EQ(value_of(headers, "x-auth-cluster"), "prod-eu");
  EXPECT_EQ(value_of(headers, "x-auth-namespace"), "shop");
  EXPECT_EQ(value_of(headers, "x-auth-service-account"), "cart");
  EXPECT_EQ(value_of(headers, "x-auth-service-account-uid"), "5b1c6d5e");
  EXPECT_EQ(value_of(headers, "x-auth-pod"), "cart-0");
  EXPECT_EQ(value_of(headers, "x-auth-pod-uid"), "77aa");
  EXPECT_EQ(value_of(headers, "x-auth-node"), "");
  EXPECT_EQ(value_of(headers, "x-auth-audience"), "payments,pay%2Cnew");
  EXPECT_EQ(value_of(headers, "x-auth-method"), "offline");
  EXPECT_EQ(value_of(headers, "x-auth-expires"), "2000000000");
}

TEST(IdentityHeaders, take_another_prefix) {
  EXPECT_EQ(names("x-caller-").of(*cart()).front().first, "x-caller-subject");
}

TEST(IdentityHeaders, a_prefix_that_would_make_no_header_is_refused) {
  for (const auto* bad :
       {"", "-x", "x-auth", "X-Auth-", "x auth-", "x\r\n-", "x-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-"}) {
    EXPECT_FALSE(IdentityHeaders::create(bad)) << bad;
  }
  EXPECT_TRUE(IdentityHeaders::create("x-aaaaaaaaaaaaaaaaaaaaaaaaaaaaa-")) << "32 characters";
}

TEST(IdentityHeaders, values_are_visible_ascii_and_tell_callers_apart) {
  EXPECT_EQ(header_value("a b%\r\n\x7f\xc3\xa9"), "a%20b%25%0D%0A%7F%C3%A9");
  EXPECT_NE(header_value("%20"), header_value(" "));
}

TEST(IdentityHeaders, knows_headers_that_pretend) {
  const auto ours = names();
  for (const auto* pretends : {"x-auth-subject", "X-Auth-Subject", "X_AUTH_SUBJECT",
                               "x.auth.subject", "x-auth_service-account", "X-aUtH-Assertion"}) {
    EXPECT_TRUE(ours.is_lookalike(pretends)) << pretends;
  }
  for (const auto* other : {"x-auth-", "x-auth", "x-auth-token", "x-auth-subject-2", "xauthsubject",
                            "authorization", ""}) {
    EXPECT_FALSE(ours.is_lookalike(other)) << other;
  }
}

}  // namespace
}  // namespace signet::gate
