// Every reason why a token is refused, as a stranger sees it.
#include <gtest/gtest.h>

#include <string>

#include "codec/base64.h"
#include "libsignet/issuer_for_tests.h"
#include "signet/token_verifier.h"

namespace signet {
namespace {

using namespace std::chrono_literals;
using testing_issuer::claims;
using testing_issuer::now;
using testing_issuer::sign;

TokenVerifier verifier() {
  return TokenVerifier::create(
             {.issuer = testing_issuer::url, .audiences = {"vault"}, .leeway = 0s},
             KeySource::from_jwks(testing_issuer::jwks()).value())
      .value();
}

// The word, so that a failure says more than a number.
std::string refusal(std::string_view token, std::chrono::seconds after = 0s) {
  const auto caller = verifier().verify(token, now + after);
  return caller ? "none" : std::string(to_string(caller.error().refusal));
}

std::string changed(void (*change)(token::BoundClaims&)) {
  auto made = claims();
  change(made);
  return sign(made);
}

std::string with_header(std::string_view header) {
  const auto good = sign(claims());
  return codec::base64url_encode(header) + good.substr(good.find('.'));
}

TEST(Refusals, of_what_is_no_token_of_ours_at_all) {
  EXPECT_EQ(refusal(sign(claims())), "none");
  EXPECT_EQ(refusal(std::string(16385, 'a')), "too_large");
  for (const auto* token : {"", ".", "..", "a.b", "a.b.c.d", "not a token"}) {
    EXPECT_EQ(refusal(token), "malformed") << token;
  }
  EXPECT_EQ(refusal(with_header(R"({"alg":"none"})")), "algorithm_not_accepted");
  EXPECT_EQ(refusal(with_header(R"({"alg":"HS256"})")), "algorithm_not_accepted");
  EXPECT_EQ(refusal(with_header(R"({"alg":"ES384"})")), "algorithm_not_accepted");
  EXPECT_EQ(refusal(with_header(R"({"alg":"ES256","crit":["exp"]})")), "header_not_accepted");
  EXPECT_EQ(refusal(with_header(R"({"alg":"ES256","jku":"https://x.example"})")),
            "header_not_accepted");
  EXPECT_EQ(refusal(with_header(R"({"alg":"ES256","typ":"at+jwt"})")), "header_not_accepted");
}

TEST(Refusals, of_what_the_issuer_did_not_sign) {
  const auto stranger = crypto::PrivateKey::generate(crypto::NewKey::p256).value();
  EXPECT_EQ(refusal(sign(claims(), stranger)), "unknown_key");
  const auto good = sign(claims());
  const auto forged = sign(claims(), stranger);
  EXPECT_EQ(refusal(good.substr(0, good.rfind('.')) + forged.substr(forged.rfind('.'))),
            "bad_signature");
}

TEST(Refusals, of_claims) {
  EXPECT_EQ(refusal(changed([](auto& c) { c.subject = ""; })), "bad_claims");
  EXPECT_EQ(refusal(changed([](auto& c) { c.issuer = "https://k8s.example/"; })), "wrong_issuer");
  EXPECT_EQ(refusal(changed([](auto& c) { c.audiences = {"Vault"}; })), "wrong_audience");
  EXPECT_EQ(refusal(changed([](auto& c) { c.not_before = now + 1s; })), "not_yet_valid");
  EXPECT_EQ(refusal(sign(claims()), 3600s), "expired");
  EXPECT_EQ(refusal(changed([](auto& c) { c.issued_at = now + 1s; })), "issued_in_future");
  EXPECT_EQ(refusal(changed([](auto& c) { c.expires_at = now + 49h; })), "lives_too_long");
  EXPECT_EQ(refusal(changed([](auto& c) { c.subject = "system:serviceaccount:demo:root"; })),
            "claims_mismatch");
}

TEST(Refusals, are_not_made_where_keys_are_missing) {
  Discovery nowhere{.issuer = testing_issuer::url, .ca_file = "/nonexistent/ca.crt"};
  const auto keys = KeySource::by_discovery(nowhere);
  ASSERT_TRUE(keys) << keys.error();
  const auto made =
      TokenVerifier::create({.issuer = testing_issuer::url, .audiences = {"vault"}}, *keys);
  const auto token = sign(claims());
  EXPECT_EQ(made->verify(token, now).error().refusal, Refusal::keys_unavailable);
  const auto refused = made->verify_waiting(token, now, 100ms).error();
  EXPECT_EQ(refused.refusal, Refusal::keys_unavailable);
  EXPECT_NE(refused.detail.find("/nonexistent/ca.crt"), std::string::npos) << refused.detail;
  // What no key would make good is refused as such, and no key is looked for.
  const auto elsewhere = changed([](auto& c) { c.audiences = {"bank"}; });
  EXPECT_EQ(made->verify(elsewhere, now).error().refusal, Refusal::wrong_audience);
  EXPECT_EQ(made->verify_waiting("a.b", now, 100ms).error().refusal, Refusal::malformed);
}

TEST(Refusals, of_sources_of_keys_that_cannot_be_used) {
  EXPECT_FALSE(KeySource::by_discovery({.issuer = "http://k8s.example"}));
  EXPECT_FALSE(KeySource::by_discovery({.issuer = ""}));
  EXPECT_FALSE(KeySource::by_discovery({.issuer = testing_issuer::url, .hard_ttl = 8 * 24h}));
  EXPECT_FALSE(
      KeySource::by_discovery({.issuer = testing_issuer::url, .allowed_cidrs = {"10.0.0.1/8"}}));
  EXPECT_FALSE(KeySource::from_pem(""));
  EXPECT_FALSE(KeySource::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(KeySource::from_pem(std::string(128 * 1024 + 1, '\n')));
}

TEST(Refusals, are_none_for_a_key_in_pem) {
  const auto keys = KeySource::from_pem(testing_issuer::key().public_key().to_pem());
  ASSERT_TRUE(keys) << keys.error();
  const auto made =
      TokenVerifier::create({.issuer = testing_issuer::url, .audiences = {"vault"}}, *keys);
  EXPECT_TRUE(made->verify(sign(claims()), now));
}

}  // namespace
}  // namespace signet
