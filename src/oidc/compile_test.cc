#include "oidc/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/certificate.h"
#include "oidc/oidc_fixture_for_tests.h"

namespace signet::oidc {
namespace {

using fixture::configuration;
using fixture::entry;
using fixture::plain_username;
using fixture::refusal;
using testing::HasSubstr;
using testing::StartsWith;

std::string issuer_refusal(std::string_view issuer, std::vector<std::string> own = {}) {
  return refusal(
      configuration(cat(R"({"issuer":{)", issuer, R"(},"claimMappings":{)", plain_username, "}}")),
      std::move(own));
}
std::string url_refusal(std::string_view url, std::vector<std::string> own = {}) {
  return issuer_refusal(cat(R"("url":")", url, R"(","audiences":["a"])"), std::move(own));
}

TEST(Issuer, is_an_https_url_and_nothing_more) {
  EXPECT_EQ(url_refusal("https://a.example"), "");
  EXPECT_EQ(url_refusal("https://a.example:8443/path/"), "");
  const auto invalid = [](std::string_view url, std::string_view detail) {
    return cat("jwt[0].issuer.url: Invalid value: \"", url, "\": ", detail);
  };
  for (const auto& [url, detail] : std::initializer_list<std::pair<std::string, std::string>>{
           {"http://a.example", "URL scheme must be https"},
           {"a.example", "URL scheme must be https"},
           {"https:///x", "URL must have a host"},
           {"https://u:p@a.example", "URL must not contain a username or password"},
           {"https://a.example?q=1", "URL must not contain a query"},
           {"https://a.example#f", "URL must not contain a fragment"}}) {
    EXPECT_EQ(url_refusal(url), invalid(url, detail));
  }
  EXPECT_EQ(url_refusal(""), "jwt[0].issuer.url: Required value");
  EXPECT_EQ(url_refusal("https://us", {"https://us", "https://old"}),
            invalid("https://us",
                    "URL must not overlap with disallowed issuers: [https://old https://us]"));
}

TEST(Issuer, may_have_its_document_elsewhere) {
  const auto with = [](std::string_view url) {
    return issuer_refusal(
        cat(R"("url":"https://a.example/","audiences":["a"],"discoveryURL":")", url, '"'));
  };
  EXPECT_EQ(with("https://b.example/doc"), "");
  EXPECT_EQ(with("https://a.example"),
            "jwt[0].issuer.discoveryURL: Invalid value: \"https://a.example\": discoveryURL must "
            "be different from URL");
  EXPECT_EQ(with("http://b.example"),
            "jwt[0].issuer.discoveryURL: Invalid value: \"http://b.example\": URL scheme must be "
            "https");
}

TEST(Issuer, names_its_audiences) {
  const auto with = [](std::string_view members) {
    return issuer_refusal(cat(R"("url":"https://a.example",)", members));
  };
  EXPECT_EQ(with(R"("audiences":[])"),
            "jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is "
            "required");
  EXPECT_EQ(with(R"("audiences":[""])"), "jwt[0].issuer.audiences[0]: Required value");
  EXPECT_EQ(with(R"("audiences":["a","a"],"audienceMatchPolicy":"MatchAny")"),
            "jwt[0].issuer.audiences[1]: Duplicate value: \"a\"");
  EXPECT_EQ(with(R"("audiences":["a","b"])"),
            "jwt[0].issuer.audienceMatchPolicy: Invalid value: \"\": audienceMatchPolicy must be "
            "MatchAny for multiple audiences");
  EXPECT_EQ(with(R"("audiences":["a"],"audienceMatchPolicy":"MatchAll")"),
            "jwt[0].issuer.audienceMatchPolicy: Invalid value: \"MatchAll\": audienceMatchPolicy "
            "must be empty or MatchAny for single audience");
  EXPECT_EQ(with(R"("audiences":["a"],"audienceMatchPolicy":"MatchAny")"), "");
}

TEST(Issuer, may_have_an_authority_of_its_own_and_no_egress) {
  const auto with = [](std::string_view members) {
    return issuer_refusal(cat(R"("url":"https://a.example","audiences":["a"],)", members));
  };
  SystemRandom random;
  const SystemClock clock;
  const auto ca =
      crypto::CertificateAuthority::create("ca", clock.now(), std::chrono::hours(1), random)
          .value();
  std::string pem;
  codec::append_json_string(pem, ca.certificate().to_pem());
  EXPECT_EQ(with(cat(R"("certificateAuthority":)", pem)), "");
  EXPECT_THAT(with(R"("certificateAuthority":"secret")"),
              StartsWith("jwt[0].issuer.certificateAuthority: Invalid value: \"<omitted>\": "));
  EXPECT_THAT(with(R"("egressSelectorType":"cluster")"),
              StartsWith("jwt[0].issuer.egressSelectorType: Invalid value: \"cluster\": "));
}

TEST(Issuer, is_there_once_and_there_are_not_too_many) {
  const auto one = entry(plain_username);
  EXPECT_EQ(refusal(configuration(cat(one, ',', one))),
            "jwt[1].issuer.url: Duplicate value: \"https://issuer.example\"");
  std::string many = one;
  for (int i = 0; i < 64; ++i) append(many, ',', one);
  EXPECT_EQ(refusal(configuration(many)), "jwt: Too many: 65: must have at most 64 items");
}

TEST(Mappings, are_a_claim_with_its_prefix_or_an_expression) {
  const auto with = [](std::string_view mappings) {
    return refusal(configuration(entry(mappings)));
  };
  constexpr std::string_view at = "jwt[0].claimMappings.";
  EXPECT_EQ(with(""), cat(at, "username: Required value: claim or expression is required"));
  EXPECT_EQ(with(R"("username":{"claim":"sub"})"),
            cat(at,
                "username.prefix: Required value: prefix is required when claim is set. It can "
                "be set to an empty string to disable prefixing"));
  EXPECT_EQ(with(R"("username":{"claim":"sub","expression":"claims.sub"})"),
            cat(at, "username: Invalid value: \"\": claim and expression can't both be set"));
  EXPECT_EQ(with(R"("username":{"prefix":"p","expression":"claims.sub"})"),
            cat(at,
                "username.prefix: Invalid value: \"p\": may not be specified when expression "
                "is set"));
  EXPECT_EQ(with(cat(plain_username, R"(,"groups":{"claim":"g"})")),
            cat(at,
                "groups.prefix: Required value: prefix is required when claim is set. It can "
                "be set to an empty string to disable prefixing"));
  EXPECT_EQ(with(cat(plain_username, R"(,"uid":{"claim":"u","expression":"claims.u"})")),
            cat(at, "uid: Invalid value: \"\": claim and expression can't both be set"));
  EXPECT_THAT(with(R"("username":{"expression":"claim.sub"})"),
              StartsWith(cat(at,
                             "username.expression: Invalid value: \"claim.sub\": compilation "
                             "failed: ERROR: <input>:1:1: undeclared reference to 'claim'")));
}

TEST(Mappings, of_an_address_look_whether_it_was_verified) {
  const auto with = [](std::string_view mappings, std::string_view more = "") {
    return refusal(configuration(entry(mappings, more)));
  };
  constexpr std::string_view unverified = R"("username":{"expression":"claims.email"})";
  EXPECT_THAT(with(unverified), HasSubstr("claims.email_verified must be used in"));
  EXPECT_EQ(with(R"("username":{"expression":"claims.email_verified ? claims.email : ''"})"), "");
  EXPECT_EQ(
      with(
          unverified,
          R"(,"claimValidationRules":[{"expression":"claims.?email_verified.orValue(true) == true"}])"),
      "");
  EXPECT_EQ(
      with(cat(
          unverified,
          R"x(,"extra":[{"key":"a.example/v","valueExpression":"string(claims.email_verified)"}])x")),
      "");
}

TEST(Mappings, of_extra_have_keys_of_their_own) {
  const auto with = [](std::string_view key) {
    return refusal(configuration(entry(
        cat(plain_username, R"(,"extra":[{"key":")", key, R"(","valueExpression":"'v'"}])"))));
  };
  constexpr std::string_view at = "jwt[0].claimMappings.extra[0].key: ";
  EXPECT_EQ(with("example.com/tenant"), "");
  EXPECT_EQ(with(""), cat(at, "Required value"));
  EXPECT_EQ(with("tenant"), cat(at,
                                "Invalid value: \"tenant\": must be a domain-prefixed path "
                                "(such as \"acme.io/foo\")"));
  EXPECT_EQ(with("example.com/Tenant"),
            cat(at, "Invalid value: \"example.com/Tenant\": must be lowercase"));
  for (const std::string_view key : {"k8s.io/a", "x.k8s.io/a", "kubernetes.io/a",
                                     "authentication.kubernetes.io/credential-id"}) {
    EXPECT_EQ(with(key), cat(at, "Invalid value: \"", key, "\": k8s.io, kubernetes.io and their ",
                             "subdomains are reserved for Kubernetes use"));
  }
  const std::string_view twice =
      R"(,"extra":[{"key":"a.b/c","valueExpression":"'v'"},{"key":"a.b/c"},{"key":"a.b/d"}])";
  EXPECT_EQ(refusal(configuration(entry(cat(plain_username, twice)))),
            "[jwt[0].claimMappings.extra[1].key: Duplicate value: \"a.b/c\", "
            "jwt[0].claimMappings.extra[2].valueExpression: Required value]");
}

TEST(Rules, are_a_claim_with_its_value_or_an_expression_that_is_a_bool) {
  const auto with = [](std::string_view rules) {
    return refusal(
        configuration(entry(plain_username, cat(R"(,"claimValidationRules":[)", rules, ']'))));
  };
  constexpr std::string_view at = "jwt[0].claimValidationRules[0]";
  EXPECT_EQ(with(R"({"claim":"hd","requiredValue":"x"},{"claim":"b"})"), "");
  EXPECT_EQ(with("{}"), cat(at, ": Required value: claim or expression is required"));
  EXPECT_EQ(with(R"({"claim":"a","expression":"true"})"),
            cat(at, ": Invalid value: \"a\": claim and expression can't both be set"));
  EXPECT_EQ(with(R"({"claim":"a","message":"m"})"),
            cat(at, ".message: Invalid value: \"m\": may not be specified when claim is set"));
  EXPECT_EQ(with(R"({"expression":"true","requiredValue":"m"})"),
            cat(at,
                ".requiredValue: Invalid value: \"m\": may not be specified when expression is "
                "set"));
  EXPECT_EQ(with(R"({"expression":"claims.on"})"),
            cat(at, ".expression: Invalid value: \"claims.on\": must evaluate to bool"));
  EXPECT_EQ(with(R"({"claim":"a"},{"claim":"a"})"),
            "jwt[0].claimValidationRules[1].claim: Duplicate value: \"a\"");
  EXPECT_EQ(with(R"({"expression":"true"},{"expression":"true"})"),
            "jwt[0].claimValidationRules[1].expression: Duplicate value: \"true\"");
}

TEST(Rules, of_users_see_only_the_user) {
  const auto with = [](std::string_view rules) {
    return refusal(
        configuration(entry(plain_username, cat(R"(,"userValidationRules":[)", rules, ']'))));
  };
  constexpr std::string_view at = "jwt[0].userValidationRules[0].expression: ";
  EXPECT_EQ(with(R"x({"expression":"user.extra.all(k, k != 'a')"})x"), "");
  EXPECT_EQ(with("{}"), cat(at, "Required value"));
  EXPECT_EQ(with(R"({"expression":"user.username"})"),
            cat(at, "Invalid value: \"user.username\": must evaluate to bool"));
  EXPECT_THAT(with(R"({"expression":"claims.sub == 'a'"})"),
              HasSubstr("undeclared reference to 'claims'"));
  EXPECT_THAT(with(R"({"expression":"user.name == 'a'"})"), HasSubstr("undefined field 'name'"));
}

TEST(Anonymous, has_conditions_only_where_it_is_on) {
  const auto with = [](std::string_view anonymous) {
    return refusal(
        cat("apiVersion: apiserver.config.k8s.io/v1\n"
            "kind: AuthenticationConfiguration\nanonymous: ",
            anonymous));
  };
  EXPECT_EQ(with("{enabled: true, conditions: [{path: /livez}]}"), "");
  EXPECT_EQ(with("{enabled: false}"), "");
  EXPECT_EQ(with("{enabled: false, conditions: [{path: /livez}]}"),
            "anonymous.conditions: Invalid value: [{/livez}]: enabled should be set to true when "
            "conditions are defined");
}

}  // namespace
}  // namespace signet::oidc
