#include "oidc/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oidc/oidc_fixture_for_tests.h"

namespace signet::oidc {
namespace {

using fixture::configuration;
using fixture::refusal;
using testing::ElementsAre;
using testing::HasSubstr;

// The example of Kubernetes' documentation, every field of it.
constexpr std::string_view documented = R"yaml(
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://example.com # the same as --oidc-issuer-url
    discoveryURL: https://discovery.example.com/.well-known/openid-configuration
    audiences:
    - my-app # the same as --oidc-client-id
    - my-other-app
    audienceMatchPolicy: MatchAny
  claimValidationRules:
  - claim: hd
    requiredValue: example.com
  - expression: 'claims.hd == "example.com"'
    message: the hd claim must be set to example.com
  - expression: 'claims.exp - claims.nbf <= 86400'
    message: total token lifetime must not exceed 24 hours
  claimMappings:
    username:
      expression: 'claims.username + ":external-user"'
    groups:
      expression: 'claims.roles.split(",")'
    uid:
      expression: 'claims.sub'
    extra:
    - key: 'example.com/tenant'
      valueExpression: 'claims.tenant'
  userValidationRules:
  - expression: "!user.username.startsWith('system:')"
    message: 'username cannot used reserved system: prefix'
  - expression: "user.groups.all(group, !group.startsWith('system:'))"
    message: 'groups cannot used reserved system: prefix'
anonymous:
  enabled: true
  conditions:
  - path: /livez
  - path: /readyz
)yaml";

TEST(Configuration, reads_the_documented_example) {
  const auto parsed = parse_configuration(documented);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->jwt.size(), 1U);
  const auto& jwt = parsed->jwt.front();
  EXPECT_EQ(jwt.issuer.url, "https://example.com");
  EXPECT_THAT(jwt.issuer.audiences, ElementsAre("my-app", "my-other-app"));
  EXPECT_EQ(jwt.claim_rules.size(), 3U);
  EXPECT_EQ(jwt.username.prefix, std::nullopt);
  EXPECT_EQ(jwt.extra.front().key, "example.com/tenant");
  EXPECT_EQ(jwt.user_rules.size(), 2U);
  ASSERT_TRUE(parsed->anonymous);
  EXPECT_THAT(parsed->anonymous->paths, ElementsAre("/livez", "/readyz"));
  EXPECT_EQ(refusal(documented), "");
}

TEST(Configuration, takes_the_versions_it_had) {
  const auto with = [](std::string_view version, std::string_view kind) {
    return refusal(cat("apiVersion: ", version, "\nkind: ", kind, "\n"));
  };
  EXPECT_EQ(with("apiserver.config.k8s.io/v1", "AuthenticationConfiguration"), "");
  EXPECT_EQ(with("apiserver.config.k8s.io/v1beta1", "AuthenticationConfiguration"), "");
  EXPECT_EQ(with("apiserver.config.k8s.io/v1alpha1", "AuthenticationConfiguration"), "");
  EXPECT_EQ(with("apiserver.config.k8s.io/v2", "AuthenticationConfiguration"),
            "no kind \"AuthenticationConfiguration\" is registered for version "
            "\"apiserver.config.k8s.io/v2\"");
  EXPECT_EQ(with("v1", "Pod"), "no kind \"Pod\" is registered for version \"v1\"");
}

TEST(Configuration, refuses_fields_that_do_not_exist_or_are_of_another_type) {
  EXPECT_EQ(
      refusal(configuration(R"({"issuer":{"url":"https://a","uri":"x"},"claims":{}})")),
      R"([strict decoding error: unknown field "jwt[0].claims", strict decoding error: unknown field "jwt[0].issuer.uri"])");
  EXPECT_EQ(refusal(configuration(R"({"issuer":{"url":1,"audiences":["a",2]}})")),
            "[json: cannot unmarshal number into field jwt[0].issuer.url of type string, json: "
            "cannot unmarshal number into field jwt[0].issuer.audiences[1] of type string]");
  EXPECT_EQ(refusal(configuration("1")),
            "json: cannot unmarshal number into field jwt[0] of type object");
  EXPECT_EQ(refusal(configuration(R"({"claimMappings":{"uid":{"claim":"a","prefix":"b"}}})")),
            R"(strict decoding error: unknown field "jwt[0].claimMappings.uid.prefix")");
}

TEST(Configuration, refuses_what_is_no_document) {
  EXPECT_EQ(refusal(""), "not an object");
  EXPECT_EQ(refusal("[]"), "not an object");
  EXPECT_NE(refusal("{"), "");
  EXPECT_NE(refusal("a: b: c"), "");
  EXPECT_THAT(refusal(R"({"kind":"a","kind":"b"})"), HasSubstr("kind")) << "repeated";
  EXPECT_NE(refusal(std::string(configuration_bytes_max + 1, ' ')), "");
}

}  // namespace
}  // namespace signet::oidc
