#include "oidc/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "machinery/view.h"
#include "oidc/oidc_fixture_for_tests.h"

namespace signet::oidc {
namespace {

using fixture::entry;
using fixture::issuer_url;
using fixture::sign;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t noon = 1'700'000'000;

class Tokens : public testing::Test {
 protected:
  fixture::Web web;
  Authenticators authenticators;
  ManualClock clock{Instant(std::chrono::seconds(noon))};
  machinery::Registry registry{{}};
  machinery::View view{registry};
  OidcTokens tokens{authenticators, clock, {"https://us", "api"}};

  void SetUp() override { configure(entry(fixture::plain_username)); }

  std::shared_ptr<KeyKeeper> configure(std::string_view jwt_entry) {
    auto keeper = std::make_shared<KeyKeeper>(std::string(issuer_url), "", web.fetch());
    keeper->attend({});
    AuthenticatorSet set;
    set.emplace(issuer_url,
                LiveAuthenticator{.rules = fixture::compiled(jwt_entry), .keys = keeper});
    authenticators.replace(std::move(set));
    return keeper;
  }
  static std::string payload(std::string_view more = "", std::int64_t expires = noon + 60,
                             std::string_view audience = "signet") {
    return cat(R"({"iss":")", issuer_url, R"(","aud":")", audience, R"(","exp":)", expires,
               R"(,"sub":"jane")", more, '}');
  }
  access::TokenVerdict ask(std::string_view token, std::vector<std::string> audiences = {"api"}) {
    return tokens.authenticate(token, audiences, *view.current(), {});
  }
  // The user's name, why he is refused, or "not mine".
  std::string outcome(std::string_view token) {
    const auto verdict = ask(token);
    if (const auto* reviewed = std::get_if<identity::Reviewed>(&verdict)) {
      return reviewed->user.username;
    }
    const auto* refused = std::get_if<access::Refused>(&verdict);
    return refused == nullptr ? "not mine" : refused->reason;
  }
};

TEST_F(Tokens, of_a_configured_issuer_are_its_users) {
  EXPECT_EQ(outcome(sign(payload())), "jane");
}

TEST_F(Tokens, are_good_for_the_audiences_of_this_server_alone) {
  const auto token = sign(payload());
  const auto reviewed = std::get<identity::Reviewed>(ask(token, {"vault", "api", "https://us"}));
  EXPECT_THAT(reviewed.audiences, ElementsAre("api", "https://us"));
  EXPECT_TRUE(std::holds_alternative<access::NotMine>(ask(token, {"vault", "signet"})));
}

TEST_F(Tokens, of_anybody_else_are_somebody_elses) {
  for (const std::string_view iss :
       {"https://issuer.example/", "https://ISSUER.example", "", "http://169.254.169.254/"}) {
    EXPECT_EQ(outcome(sign(cat(R"({"iss":")", iss, R"("})"))), "not mine") << iss;
  }
  for (const std::string_view text : {"", "a.b.c", "a.b", "nonsense", "{\"payload\":\"a.b.c\"}"}) {
    EXPECT_EQ(outcome(text), "not mine") << text;
  }
  const auto asked = web.asked.size();
  EXPECT_EQ(asked, 2U) << "nobody is asked for the keys of a stranger";
}

TEST_F(Tokens, are_refused_until_there_are_keys) {
  web.pages.clear();
  configure(entry(fixture::plain_username));
  EXPECT_EQ(outcome(sign(payload())), "oidc: authenticator not initialized");
}

TEST_F(Tokens, are_for_one_of_the_audiences) {
  EXPECT_EQ(outcome(sign(payload("", noon + 60, "Signet"))),
            R"(oidc: verify token: oidc: expected audience "signet" got ["Signet"])");
  EXPECT_EQ(outcome(sign(cat(R"({"iss":")", issuer_url, R"(","exp":)", noon + 60, "}"))),
            R"(oidc: verify token: oidc: expected audience "signet" got [])");
  const auto claims = [](std::string_view audience) {
    return cat(R"({"iss":")", issuer_url, R"(","sub":"jane","exp":)", noon + 60, R"(,"aud":)",
               audience, '}');
  };
  EXPECT_EQ(outcome(sign(claims(R"(["x","signet"])"))), "jane");
  EXPECT_EQ(outcome(sign(claims(R"(["signet",1])"))),
            "oidc: verify token: oidc: failed to unmarshal claims: aud is not text");
  auto two = entry(fixture::plain_username);
  constexpr std::string_view one = R"(["signet"])";
  two.replace(two.find(one), one.size(), R"(["b","a"],"audienceMatchPolicy":"MatchAny")");
  configure(two);
  EXPECT_EQ(outcome(sign(claims(R"("a")"))), "jane");
  EXPECT_EQ(outcome(sign(claims(R"("c")"))),
            R"(oidc: verify token: oidc: expected audience in ["a" "b"] got ["c"])");
}

TEST_F(Tokens, live_from_a_minute_before_their_beginning_to_their_end) {
  EXPECT_EQ(outcome(sign(payload("", noon))), "jane") << "to the second";
  EXPECT_EQ(outcome(sign(payload("", noon - 1))),
            "oidc: verify token: oidc: token is expired (Token Expiry: 2023-11-14 22:13:19 +0000 "
            "UTC)");
  EXPECT_EQ(outcome(sign(payload(cat(R"(,"nbf":)", noon + 60)))), "jane");
  EXPECT_EQ(outcome(sign(payload(cat(R"(,"nbf":)", noon + 61)))),
            "oidc: verify token: oidc: current time 2023-11-14 22:13:20 +0000 UTC before the nbf "
            "(not before) time: 2023-11-14 22:14:21 +0000 UTC");
  EXPECT_THAT(outcome(sign(cat(R"({"iss":")", issuer_url, R"(","aud":"signet","sub":"jane"})"))),
              HasSubstr("token is expired"))
      << "without an end";
  for (const std::string_view odd : {"\"1800000000\"", "-1", "1e300", "true"}) {
    EXPECT_THAT(outcome(sign(cat(R"({"iss":")", issuer_url,
                                 R"(","aud":"signet","sub":"jane","exp":)", odd, "}"))),
                HasSubstr("exp is not a time"))
        << odd;
  }
}

TEST_F(Tokens, were_signed_by_a_key_of_the_issuer) {
  constexpr std::string_view bad =
      "oidc: verify token: failed to verify signature: failed to verify id token signature";
  const auto good = sign(payload());
  EXPECT_EQ(outcome(sign(payload(), 1)), bad) << "another key";
  EXPECT_EQ(outcome(sign(payload(), 1, jose::key_id(fixture::key(0).public_key()))), bad)
      << "another key under the name of the right one";
  const auto other = sign(payload(R"(,"groups":["system:masters"])"));
  const auto mixed = cat(good.substr(0, good.find('.')),
                         other.substr(other.find('.'), other.rfind('.') - other.find('.')),
                         good.substr(good.rfind('.')));
  EXPECT_EQ(outcome(mixed), bad) << "other claims";
}

TEST_F(Tokens, without_a_signature_we_do_are_refused) {
  const auto with_header = [&](std::string_view header) {
    return cat(codec::base64url_encode(header), '.', codec::base64url_encode(payload()), ".AAAA");
  };
  for (const std::string_view algorithm : {"none", "None", "HS256", "RS1", "eddsa", ""}) {
    EXPECT_EQ(
        outcome(with_header(cat(R"({"alg":")", algorithm, R"("})"))),
        "oidc: verify token: oidc: id token signed with unsupported algorithm, expected "
        R"(["RS256" "ES256" "ES384" "ES512" "RS384" "RS512" "PS256" "PS384" "PS512" "EdDSA"])")
        << algorithm;
  }
  EXPECT_THAT(outcome(with_header("{}")), HasSubstr("oidc: malformed jwt"));
  EXPECT_THAT(outcome(with_header(R"({"alg":"RS256"})")), HasSubstr("failed to verify signature"));
}

TEST_F(Tokens, whose_claims_two_readers_would_read_differently_are_refused) {
  EXPECT_THAT(outcome(sign(payload(R"(,"sub":"admin")"))), HasSubstr("oidc: malformed jwt"));
  EXPECT_THAT(outcome(sign(cat(R"({"ISS":")", issuer_url, R"(","aud":"signet","exp":)", noon + 60,
                               R"(,"sub":"jane"})"))),
              HasSubstr("issued by a different provider"));
}

TEST_F(Tokens, that_name_an_unknown_key_make_the_keeper_look_and_junk_does_not) {
  const auto keeper = configure(entry(fixture::plain_username));
  const auto later = KeyKeeper::Time{} + KeyKeeper::miss_interval;
  const auto asked = web.asked.size();
  outcome(sign(payload("", noon - 1), 1));
  outcome(sign(payload("", noon + 60, "other"), 1));
  keeper->attend(later);
  EXPECT_EQ(web.asked.size(), asked) << "expired, or for somebody else";
  web.publish(issuer_url, fixture::jwks({0, 1}));
  for (int i = 0; i < 100; ++i) outcome(sign(payload(), 1));
  keeper->attend(later);
  EXPECT_EQ(web.asked.size(), asked + 2) << "one fetch for all of them";
  EXPECT_EQ(outcome(sign(payload(), 1)), "jane");
}

TEST_F(Tokens, of_an_issuer_that_was_taken_out_are_nobodys) {
  const auto token = sign(payload());
  EXPECT_EQ(outcome(token), "jane");
  authenticators.replace({});
  EXPECT_EQ(outcome(token), "not mine");
}

}  // namespace
}  // namespace signet::oidc
