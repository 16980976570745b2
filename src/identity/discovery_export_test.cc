#include "identity/discovery_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/discovery_documents.h"
#include "identity/key_set.h"

namespace signet::identity {
namespace {

using testing::HasSubstr;

const std::string& jwks() {
  static const std::string document = [] {
    const auto key =
        jose::verification_key(crypto::PrivateKey::generate(crypto::NewKey::p256)->public_key());
    return jose::to_jwks({&key, 1});
  }();
  return document;
}

TEST(DiscoveryExport, is_what_a_relying_party_finds_under_the_issuer) {
  const auto files = export_documents({.issuer = "https://keys.example.com/eu"}, jwks());
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2);
  const auto& keys = files->at(0);
  EXPECT_EQ(keys.path, "openid/v1/jwks");
  EXPECT_EQ(keys.url, "https://keys.example.com/eu/openid/v1/jwks");
  EXPECT_EQ(keys.content_type, "application/jwk-set+json");
  EXPECT_EQ(keys.bytes, jwks());
  const auto& configuration = files->at(1);
  EXPECT_EQ(configuration.path, ".well-known/openid-configuration");
  EXPECT_EQ(configuration.url, "https://keys.example.com/eu/.well-known/openid-configuration");
  EXPECT_EQ(configuration.content_type, "application/json");
  EXPECT_EQ(
      configuration.bytes,
      R"({"issuer":"https://keys.example.com/eu","jwks_uri":"https://keys.example.com/eu/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"]})");
}

TEST(DiscoveryExport, keeps_the_issuer_as_it_is_written) {
  const auto files = export_documents({.issuer = "https://a.test/"}, jwks());
  ASSERT_TRUE(files);
  EXPECT_EQ(files->at(0).url, "https://a.test/openid/v1/jwks");
  EXPECT_THAT(files->at(1).bytes, HasSubstr(R"("issuer":"https://a.test/")"));
}

TEST(DiscoveryExport, puts_the_keys_where_it_is_told_below_the_issuer) {
  const auto files = export_documents(
      {.issuer = "https://a.test", .jwks_uri = "https://a.test/v2/keys.json"}, jwks());
  ASSERT_TRUE(files);
  EXPECT_EQ(files->at(0).path, "v2/keys.json");
  for (const auto* elsewhere :
       {"https://b.test/keys", "https://a.test.evil/keys", "https://a.test", "https://a.test/",
        "https://a.test/../keys", "https://a.test/x/%2e%2e/keys", "https://a.test//keys",
        "https://a.test/keys/", "https://a.test/keys?x", "https://a.test/./keys",
        "https://a.test/.well-known/openid-configuration"}) {
    const auto refused =
        export_documents({.issuer = "https://a.test", .jwks_uri = elsewhere}, jwks());
    ASSERT_FALSE(refused) << elsewhere;
    EXPECT_THAT(refused.error().message, HasSubstr("below the issuer"));
  }
}

TEST(DiscoveryExport, refuses_what_nobody_could_use) {
  EXPECT_FALSE(export_documents({.issuer = "kubernetes/serviceaccount"}, jwks()));
  EXPECT_FALSE(export_documents({.issuer = "https://a.test?x"}, jwks()));
  EXPECT_FALSE(export_documents({.issuer = "https://a.test"}, R"({"keys":[]})"));
  EXPECT_FALSE(export_documents({.issuer = "https://a.test"}, "<html>"));
  EXPECT_FALSE(
      export_documents({.issuer = "https://a.test"}, R"({"keys":[{"kty":"oct","k":"AA"}]})"));
}

}  // namespace
}  // namespace signet::identity
