#include "gate/check_response.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "gate/gate_fixture_for_tests.h"
#include "gate/proto/external_auth.pb.h"

namespace signet::gate {
namespace {

namespace auth = envoy::service::auth::v3;
using ::testing::Contains;
using ::testing::Not;
using Headers = std::map<std::string, std::string>;

auth::CheckResponse respond(const Answer& answer, std::vector<std::string_view> lookalikes = {},
                            bool keep_authorization = false) {
  const auto names = testing::names();
  auth::CheckResponse response;
  fill(response, answer,
       {.names = names,
        .lookalikes = lookalikes,
        .keep_authorization = keep_authorization,
        .now = UnixTime{std::chrono::seconds{1'999'999'970}},
        .assertion = {}});
  return response;
}

template <typename Options>
Headers to_map(const Options& options) {
  Headers headers;
  for (const auto& option : options) {
    EXPECT_EQ(option.append_action(),
              envoy::config::core::v3::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD);
    headers[option.header().key()] = option.header().value();
  }
  return headers;
}

TEST(CheckResponse, sets_what_is_said_and_removes_the_rest) {
  const auto response = respond(testing::cart());
  EXPECT_EQ(response.status().code(), 0);
  const auto& ok = response.ok_response();
  const auto set = to_map(ok.headers());
  EXPECT_EQ(set.at("x-auth-subject"), "k8s/prod-eu/ns/shop/sa/cart");
  EXPECT_FALSE(set.contains("x-auth-node"));
  EXPECT_THAT(ok.headers_to_remove(), Contains("x-auth-node"));
  EXPECT_THAT(ok.headers_to_remove(), Contains("x-auth-assertion"));
  EXPECT_THAT(ok.headers_to_remove(), Contains("authorization"));
  EXPECT_THAT(ok.headers_to_remove(), Not(Contains("x-auth-subject"))) << "Envoy removes last";
}

TEST(CheckResponse, removes_every_spelling_that_pretends) {
  const auto response = respond(
      testing::cart(), {"x_auth_subject", "x-auth-subject", "x.auth.pod", "x_auth_subject"});
  const auto& remove = response.ok_response().headers_to_remove();
  EXPECT_EQ(std::ranges::count(remove, "x_auth_subject"), 1);
  EXPECT_THAT(remove, Contains("x.auth.pod"));
  EXPECT_THAT(remove, Not(Contains("x-auth-subject")));
}

TEST(CheckResponse, keeps_authorization_where_that_was_asked_for) {
  const auto response = respond(testing::cart(), {}, true);
  EXPECT_THAT(response.ok_response().headers_to_remove(), Not(Contains("authorization")));
}

TEST(CheckResponse, says_for_how_long_it_may_be_remembered) {
  const auto fields = respond(testing::cart()).dynamic_metadata().fields();
  EXPECT_EQ(fields.at("ttl_s").number_value(), 30) << "the token ends";
  auto reviewed = *testing::cart();
  reviewed.method = party::Method::both;
  const auto answer = respond(std::make_shared<const party::Caller>(reviewed));
  EXPECT_EQ(answer.dynamic_metadata().fields().at("ttl_s").number_value(), 10);
}

TEST(CheckResponse, denies_with_status_challenge_and_nothing_of_the_identity) {
  const auto response = respond(std::unexpected(Denied{.reason = party::Refusal::expired}));
  EXPECT_EQ(response.status().code(), 16);
  const auto& denied = response.denied_response();
  EXPECT_EQ(denied.status().code(), 401);
  EXPECT_EQ(to_map(denied.headers()).at("www-authenticate"), "Bearer error=\"invalid_token\"");
  EXPECT_FALSE(response.has_dynamic_metadata());
}

TEST(CheckResponse, cannot_know_is_a_503_with_retry_after_and_no_challenge) {
  const auto response = respond(std::unexpected(
      Denied{.reason = party::Refusal::keys_unavailable, .retry_after = std::chrono::seconds{7}}));
  EXPECT_EQ(response.status().code(), 14);
  EXPECT_EQ(response.denied_response().status().code(), 503);
  const auto headers = to_map(response.denied_response().headers());
  EXPECT_EQ(headers.at("retry-after"), "7");
  EXPECT_FALSE(headers.contains("www-authenticate"));
}

TEST(CheckResponse, forbidden_and_overloaded_have_codes_of_their_own) {
  EXPECT_EQ(respond(std::unexpected(Denied{.reason = party::Refusal::forbidden})).status().code(),
            7);
  EXPECT_EQ(respond(std::unexpected(Denied{.reason = party::Refusal::overloaded})).status().code(),
            8);
}

}  // namespace
}  // namespace signet::gate
