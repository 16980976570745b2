#include "identity/discovery_documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::identity {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<jose::VerificationKey> keys_of(std::initializer_list<crypto::NewKey> kinds) {
  std::vector<jose::VerificationKey> keys;
  for (const auto kind : kinds) {
    keys.push_back(jose::verification_key(crypto::PrivateKey::generate(kind)->public_key()));
  }
  return keys;
}

TEST(DiscoveryDocument, is_five_members_in_order_with_sorted_algorithms_once_each) {
  const auto keys = keys_of({crypto::NewKey::rsa2048, crypto::NewKey::p256, crypto::NewKey::p256});
  EXPECT_EQ(
      render_configuration("https://issuer.example.com", "https://host:6443/openid/v1/jwks", keys),
      R"({"issuer":"https://issuer.example.com","jwks_uri":"https://host:6443/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","RS256"]})");
}

TEST(DiscoveryDocument, escapes_what_the_issuer_says) {
  EXPECT_THAT(render_configuration("https://x/a&b\"", "u", {}),
              HasSubstr(R"("issuer":"https://x/a\u0026b\"")"));
}

TEST(IssuerUrl, must_be_https_without_query_and_fragment) {
  EXPECT_FALSE(issuer_problem("https://a"));
  EXPECT_FALSE(issuer_problem("https://a/path/"));
  for (const std::string_view wrong :
       {"", "https://", "http://a", "a", "HTTPS://a", "https://a?x", "https://a#x"}) {
    EXPECT_TRUE(issuer_problem(wrong)) << wrong;
  }
}

TEST(DiscoveryDocuments, are_answered_as_bytes_and_follow_the_keys) {
  const auto first = *crypto::PrivateKey::generate(crypto::NewKey::p256);
  const auto second = *crypto::PrivateKey::generate(crypto::NewKey::p384);
  KeyRing ring(make_key_set(first, {first.public_key()}));
  ManualClock clock(Instant(std::chrono::seconds{1000}));
  DiscoveryDocuments documents("https://a", "https://a/openid/v1/jwks", ring, clock);

  const auto jwks = documents.jwks();
  EXPECT_EQ(jwks.status, 200);
  EXPECT_EQ(jwks.content_type, "application/jwk-set+json");
  ASSERT_EQ(jwks.headers.size(), 1U);
  EXPECT_EQ(jwks.headers[0].first, "cache-control");
  EXPECT_EQ(jwks.headers[0].second, "public, max-age=3600");
  const auto key = jose::verification_key(first.public_key());
  EXPECT_THAT(std::string(jwks.bytes()),
              testing::StartsWith(cat(R"({"keys":[{"use":"sig","kty":"EC","kid":")", key.kid,
                                      R"(","crv":"P-256","alg":"ES256","x":")")));
  EXPECT_THAT(std::string(jwks.bytes()), Not(HasSubstr("\"d\"")));
  EXPECT_TRUE(jwks.bytes().ends_with("}]}"));
  EXPECT_EQ(documents.configuration().content_type, "application/json");
  EXPECT_THAT(std::string(documents.configuration().bytes()), HasSubstr(R"(["ES256"]})"));

  ring.replace(make_key_set(second, {second.public_key(), first.public_key()}));
  EXPECT_THAT(std::string(documents.configuration().bytes()), HasSubstr(R"(["ES256","ES384"]})"));
  EXPECT_THAT(std::string(documents.jwks().bytes()), HasSubstr("P-384"));
}

// tokens.md 8.1 and 13.117.
TEST(DiscoveryDocuments, follow_an_external_signer) {
  const auto key = *crypto::PrivateKey::generate(crypto::NewKey::p256);
  const auto hidden = *crypto::PrivateKey::generate(crypto::NewKey::p384);
  KeySet keys;
  keys.verification = {jose::verification_key(key.public_key()),
                       jose::verification_key(hidden.public_key())};
  keys.unpublished = 1;
  KeyRing ring(std::make_shared<const KeySet>(keys));
  ring.set_next_change(Instant(std::chrono::seconds{1300}));
  ManualClock clock(Instant(std::chrono::seconds{1000}));
  DiscoveryDocuments documents("https://a", "https://a/openid/v1/jwks", ring, clock);
  EXPECT_EQ(documents.jwks().headers[0].second, "public, max-age=300");
  EXPECT_THAT(std::string(documents.jwks().bytes()), Not(HasSubstr("P-384")));
  EXPECT_THAT(std::string(documents.configuration().bytes()), HasSubstr(R"(["ES256"]})"));
  clock.advance(std::chrono::milliseconds{1500});
  EXPECT_EQ(documents.configuration().headers[0].second, "public, max-age=298");
  clock.advance(std::chrono::hours{1});
  EXPECT_EQ(documents.jwks().headers[0].second, "public, max-age=0");
}

}  // namespace
}  // namespace signet::identity
