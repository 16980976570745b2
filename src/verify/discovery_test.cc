#include "verify/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "jose/vectors_for_test.h"

namespace signet::verify {
namespace {

using testing::ElementsAre;

constexpr std::string_view issuer = "https://issuer.example.test";

std::string document(std::string_view own_issuer = issuer,
                     std::string_view jwks_uri = "https://host:6443/openid/v1/jwks",
                     std::string_view algorithms = R"(["ES256","RS256"])") {
  return R"({"issuer":")" + std::string(own_issuer) + R"(","jwks_uri":")" + std::string(jwks_uri) +
         R"(","response_types_supported":["id_token"],"subject_types_supported":["public"],)"
         R"("id_token_signing_alg_values_supported":)" +
         std::string(algorithms) + "}";
}

TEST(DiscoveryUrl, appends_the_well_known_path) {
  EXPECT_EQ(discovery_url("https://a.test"), "https://a.test/.well-known/openid-configuration");
  EXPECT_EQ(discovery_url("https://a.test/"), "https://a.test/.well-known/openid-configuration");
  EXPECT_EQ(discovery_url("https://a.test:6443/p/q"),
            "https://a.test:6443/p/q/.well-known/openid-configuration");
  EXPECT_EQ(discovery_url("https://a.test//"), "https://a.test//.well-known/openid-configuration");
}

TEST(DiscoveryUrl, refuses_issuers_that_cannot_have_one) {
  for (const char* bad :
       {"", "http://a.test", "HTTPS://a.test", "a.test", "https://", "https:///p", "https://:443",
        "https://a.test?x", "https://a.test#x", "https://u@a.test", "https://a b", "file:///etc",
        "https://a.test\\b", "https://a.test\n"}) {
    EXPECT_FALSE(discovery_url(bad)) << bad;
  }
  EXPECT_TRUE(discovery_url("https://" + std::string(2040, 'a')));
  EXPECT_FALSE(discovery_url("https://" + std::string(2041, 'a')));
}

TEST(Discovery, is_read) {
  const auto parsed = parse_discovery(document(), issuer);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->issuer, issuer);
  EXPECT_EQ(parsed->jwks_uri, "https://host:6443/openid/v1/jwks");
  EXPECT_THAT(parsed->algorithms, ElementsAre(jose::Algorithm::es256, jose::Algorithm::rs256));
}

TEST(Discovery, must_be_about_the_issuer_byte_for_byte) {
  for (const char* other : {"https://issuer.example.test/", "https://Issuer.example.test",
                            "https://issuer.example.test:443", "http://issuer.example.test", ""}) {
    EXPECT_FALSE(parse_discovery(document(other), issuer)) << other;
  }
  EXPECT_FALSE(parse_discovery(R"({"jwks_uri":"https://a/b"})", ""));
  EXPECT_FALSE(parse_discovery(R"({"issuer":1,"jwks_uri":"https://a/b"})", issuer));
}

TEST(Discovery, needs_an_https_jwks_uri) {
  for (const char* uri : {"", "http://a/b", "/openid/v1/jwks", "https://", "https://u@a/b",
                          "https://a/b#c", "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_discovery(document(issuer, uri), issuer)) << uri;
  }
  EXPECT_TRUE(parse_discovery(document(issuer, "https://a/b?c=d"), issuer));
}

TEST(Discovery, narrows_the_algorithms) {
  const auto algorithms = [](std::string_view list) {
    return parse_discovery(document(issuer, "https://a/b", list), issuer);
  };
  EXPECT_THAT(algorithms(R"(["PS256","RS256","RS256"])")->algorithms,
              ElementsAre(jose::Algorithm::ps256, jose::Algorithm::rs256));
  EXPECT_THAT(algorithms(R"(["HS256","RS256"])")->algorithms, ElementsAre(jose::Algorithm::rs256));
  EXPECT_FALSE(algorithms("[]"));
  EXPECT_FALSE(algorithms(R"(["none"])"));
  EXPECT_FALSE(algorithms(R"("RS256")"));
  EXPECT_FALSE(algorithms("[1]"));
  const auto silent = R"({"issuer":"https://issuer.example.test","jwks_uri":"https://a/b"})";
  EXPECT_EQ(parse_discovery(silent, issuer)->algorithms.size(), jose::algorithm_table.size());
}

TEST(Discovery, refuses_what_is_no_document) {
  for (const char* text : {"", "[]", "null", "<html>", "{"}) {
    EXPECT_FALSE(parse_discovery(text, issuer)) << text;
  }
  EXPECT_FALSE(parse_discovery(R"({"issuer":"https://issuer.example.test",)" + document().substr(1),
                               issuer));
  const auto sized = [](std::size_t bytes) {
    return parse_discovery(document() + std::string(bytes - document().size(), ' '), issuer);
  };
  EXPECT_TRUE(sized(discovery_bytes_max));
  EXPECT_FALSE(sized(discovery_bytes_max + 1));
}

class LoadKeys : public testing::Test {
 protected:
  Result<LoadedKeys> load() {
    return load_keys(issuer, [this](const std::string& url, std::size_t) -> Result<std::string> {
      const auto page = pages_.find(url);
      if (page == pages_.end()) return fail(ErrorKind::unavailable, "no such page");
      return page->second;
    });
  }

  std::map<std::string, std::string> pages_{
      {"https://issuer.example.test/.well-known/openid-configuration", document()},
      {"https://host:6443/openid/v1/jwks",
       R"({"keys":[)" + std::string(jose::vectors::ec_jwk) + "]}"}};
};

TEST_F(LoadKeys, follows_the_document) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->jwks.keys.front().kid, jose::vectors::ec_kid);
}

TEST_F(LoadKeys, passes_on_that_a_page_is_unavailable) {
  pages_.erase("https://host:6443/openid/v1/jwks");
  EXPECT_EQ(load().error().kind, ErrorKind::unavailable);
}

TEST_F(LoadKeys, refuses_a_set_without_usable_keys) {
  for (const char* set : {R"({"keys":[]})", R"({"keys":[{"kty":"oct"}]})", "{}", ""}) {
    pages_["https://host:6443/openid/v1/jwks"] = set;
    EXPECT_EQ(load().error().kind, ErrorKind::invalid) << set;
  }
}

}  // namespace
}  // namespace signet::verify
