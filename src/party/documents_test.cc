#include "party/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/cat.h"

namespace signet::party {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> problems_of(std::string_view text, Documents* out = nullptr) {
  Documents documents;
  Problems problems;
  read_documents(text, "p.yaml", documents, problems);
  if (out != nullptr) *out = std::move(documents);
  return problems.texts();
}

constexpr std::string_view issuer_text = R"(apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: prod-eu}
spec:
  url: https://k8s.example
  cluster: prod
  mode: hybrid
  keys:
    discoveryURL: https://mirror.example/doc
    jwksHosts: [api.example]
    caFile: /etc/ca.pem
    credentials: {tokenFile: /run/token, origin: "https://mirror.example"}
    allowedCIDRs: [10.0.0.0/8]
    ports: [443, 8443]
    softTTL: 5m
    softTTLMax: 20m
    hardTTL: 15m
    unknownKeyInterval: 1m
    refusedKeyIDs: [old]
    verifyKeyIDs: true
  tokens:
    algorithms: [RS256, ES384]
    types: [JWT]
    lifetimeMax: 1h
    clockSkew: 5s
  review:
    need: best_effort
    server: https://api.example:6443
    caFile: /etc/api.pem
    tokenFile: /run/reviewer
    apiAudiences: [api]
    cacheTTL: 5s
    queriesPerSecond: 50
    burst: 100
    concurrent: 8
)";

constexpr std::string_view route_text = R"(apiVersion: signet.dev/v1
kind: Route
metadata:
  name: payments
spec:
  audiences:
    phase: both
    old: [https://k8s.example]
    new: [payments]
  issuers: [prod-eu]
  clusters: [prod]
  subjects:
  - {namespace: "shop-*", name: cart}
  - {cluster: prod, namespace: batch, name: "*", uid: u1}
  condition: caller.pod.name != ''
  legacyTokensFrom: prod-eu
)";

TEST(PolicyDocuments, say_all_there_is_to_an_issuer) {
  Documents documents;
  ASSERT_THAT(problems_of(issuer_text, &documents), IsEmpty());
  ASSERT_EQ(documents.issuers.size(), 1U);
  const auto& issuer = documents.issuers.front();
  EXPECT_EQ(issuer.name, "prod-eu");
  EXPECT_EQ(issuer.cluster, "prod");
  EXPECT_EQ(issuer.mode, Mode::hybrid);
  EXPECT_EQ(issuer.need, ReviewNeed::best_effort);
  const verify::IssuerSource keys{.issuer = "https://k8s.example",
                                  .discovery_url = "https://mirror.example/doc",
                                  .jwks_hosts = {"api.example"},
                                  .ca_file = "/etc/ca.pem",
                                  .credentials_file = "/run/token",
                                  .credentials_origin = "https://mirror.example",
                                  .allowed_cidrs = {"10.0.0.0/8"},
                                  .ports = {443, 8443},
                                  .soft_ttl = std::chrono::minutes{5},
                                  .soft_ttl_max = std::chrono::minutes{20},
                                  .hard_ttl = std::chrono::minutes{15},
                                  .kid_miss_interval = std::chrono::minutes{1},
                                  .refused_kids = {"old"},
                                  .verify_kid_hash = true};
  EXPECT_EQ(issuer.keys, keys);
  const TokenRules tokens{.algorithms = {jose::Algorithm::rs256, jose::Algorithm::es384},
                          .types = {"JWT"},
                          .lifetime_max = std::chrono::hours{1},
                          .clock_skew = std::chrono::seconds{5}};
  EXPECT_EQ(issuer.tokens, tokens);
  const ReviewSource review{.server = "https://api.example:6443",
                            .ca_file = "/etc/api.pem",
                            .token_file = "/run/reviewer",
                            .api_audiences = {"api"},
                            .cache_ttl = std::chrono::seconds{5},
                            .queries_per_second = 50,
                            .burst = 100,
                            .concurrent = 8};
  EXPECT_EQ(issuer.review, review);
}

TEST(PolicyDocuments, say_all_there_is_to_a_route) {
  Documents documents;
  ASSERT_THAT(problems_of(route_text, &documents), IsEmpty());
  ASSERT_EQ(documents.routes.size(), 1U);
  const auto& route = documents.routes.front();
  EXPECT_EQ(route.name, "payments");
  EXPECT_EQ(route.phase, Phase::both);
  EXPECT_THAT(route.old_audiences, ElementsAre("https://k8s.example"));
  EXPECT_THAT(route.new_audiences, ElementsAre("payments"));
  EXPECT_FALSE(route.any_audience);
  EXPECT_THAT(route.issuers, ElementsAre("prod-eu"));
  EXPECT_THAT(route.clusters, ElementsAre("prod"));
  EXPECT_THAT(route.subjects,
              ElementsAre(SubjectRule{.ns = "shop-*", .name = "cart"},
                          SubjectRule{.cluster = "prod", .ns = "batch", .name = "*", .uid = "u1"}));
  EXPECT_EQ(route.condition, "caller.pod.name != ''");
  EXPECT_EQ(route.legacy_tokens_from, "prod-eu");
}

TEST(PolicyDocuments, may_be_several_in_a_file_or_one_of_json) {
  Documents documents;
  EXPECT_THAT(problems_of(cat(issuer_text, "---\n", route_text), &documents), IsEmpty());
  EXPECT_EQ(documents.issuers.size(), 1U);
  ASSERT_EQ(documents.routes.size(), 1U);
  EXPECT_EQ(documents.routes.front().line, 37U);
  EXPECT_THAT(
      problems_of(R"({"apiVersion":"signet.dev/v1","kind":"Route","metadata":{"name":"r"},)"
                  R"("spec":{"anyAudience":true,"subjects":[{"namespace":"*","name":"*"}]}})"),
      IsEmpty());
}

TEST(PolicyDocuments, are_told_everything_that_is_wrong_at_once_with_its_line) {
  EXPECT_THAT(
      problems_of(R"(apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: Prod, labels: {}}
spec:
  url: ""
  cluster: prod/eu
  mode: ocid
  audience: [x]
  keys:
    softTTL: 30s
    ports: [0]
    jwksHosts: api
    credentials:
      token: x
  tokens: {algorithms: [HS256], lifetimeMax: 1}
---
apiVersion: signet.dev/v2
kind: Route
---
apiVersion: signet.dev/v1
kind: Gate
---
- 1
)"),
      ElementsAre("p.yaml:3: metadata.labels: no such field",
                  "p.yaml:3: metadata.name: is required: lower-case letters, digits, '-' and '.'",
                  "p.yaml:8: spec.audience: no such field",
                  "p.yaml:7: spec.mode: must be one of oidc, review, hybrid",
                  "p.yaml:5: spec.url: is required and must not be empty",
                  "p.yaml:6: spec.cluster: is required: lower-case letters, digits, '-' and '.'",
                  "p.yaml:12: spec.keys.jwksHosts: must be a list",
                  "p.yaml:14: spec.keys.credentials.token: no such field",
                  "p.yaml:11: spec.keys.ports[0]: must be a port from 1 to 65535",
                  "p.yaml:10: spec.keys.softTTL: must be a duration from 60s to 900s",
                  "p.yaml:15: spec.tokens.algorithms: names something that is not verified here",
                  "p.yaml:15: spec.tokens.lifetimeMax: must be a duration such as \"90s\"",
                  "p.yaml:17: apiVersion: must be signet.dev/v1",
                  "p.yaml:21: kind: must be Issuer or Route", "p.yaml:23: must be an object"));
}

// What is empty must never come to mean "any".
TEST(PolicyDocuments, attack_39_what_is_empty_is_refused) {
  struct Row {
    std::string_view spec;
    std::string_view problem;
  };
  constexpr std::string_view subjects = "subjects: [{namespace: '*', name: '*'}]";
  for (const auto& [spec, problem] : {
           Row{"{}", "spec.audiences: is required: which audiences this route accepts"},
           Row{"{audiences: {}}", "spec.audiences.new: is required in phase new"},
           Row{"{audiences: {new: []}}", "spec.audiences.new: is required in phase new"},
           Row{"{audiences: {new: ['']}}", "spec.audiences.new: must not hold an empty audience"},
           Row{"{audiences: {new: [a, '']}}",
               "spec.audiences.new: must not hold an empty audience"},
           Row{"{audiences: {phase: old, new: [a]}}",
               "spec.audiences.old: is required in phase old"},
           Row{"{audiences: {phase: both, old: [a]}}",
               "spec.audiences.new: is required in phase both"},
           Row{"{audiences: {new: [a]}, anyAudience: true}",
               "spec.audiences: and anyAudience exclude each other"},
       }) {
    std::string text(spec.substr(0, spec.size() - 1));
    text += spec.size() > 2 ? ", " : "";
    text += subjects;
    text += '}';
    EXPECT_THAT(problems_of(cat(
                    "apiVersion: signet.dev/v1\nkind: Route\nmetadata: {name: r}\nspec: ", text)),
                ElementsAre(cat("p.yaml:4: ", problem)))
        << spec;
  }
  EXPECT_THAT(
      problems_of("apiVersion: signet.dev/v1\nkind: Route\nmetadata: {name: r}\n"
                  "spec: {anyAudience: true}"),
      ElementsAre("p.yaml:4: spec.subjects: is required; namespace \"*\" and name \"*\" let "
                  "everybody in"));
  EXPECT_THAT(problems_of("apiVersion: signet.dev/v1\nkind: Issuer\nmetadata: {name: i}\n"
                          "spec: {cluster: c}"),
              ElementsAre("p.yaml:4: spec.url: is required and must not be empty"));
}

TEST(PolicyDocuments, need_a_place_to_ask_where_a_cluster_is_asked) {
  const auto problems = [](std::string_view rest) {
    return problems_of(
        cat("apiVersion: signet.dev/v1\nkind: Issuer\nmetadata: {name: i}\n"
            "spec: {url: u, cluster: c, ",
            rest, "}"));
  };
  EXPECT_THAT(problems("mode: review"),
              ElementsAre("p.yaml:4: spec.review: is required: which cluster is asked"));
  EXPECT_THAT(problems("mode: review, review: {}"),
              ElementsAre("p.yaml:4: spec.review: needs one of kubeconfig and server"));
  EXPECT_THAT(problems("mode: review, review: {server: s}"),
              ElementsAre("p.yaml:4: spec.review.tokenFile: is required with server"));
  EXPECT_THAT(problems("mode: review, review: {kubeconfig: k, tokenFile: t}"),
              ElementsAre("p.yaml:4: spec.review: takes caFile and tokenFile with server only"));
  EXPECT_THAT(
      problems("mode: review, review: {kubeconfig: k, need: best_effort}"),
      ElementsAre("p.yaml:4: spec.review.need: must be required where nothing else is checked"));
  EXPECT_THAT(problems("mode: review, keys: {}, review: {kubeconfig: k}"),
              ElementsAre("p.yaml:4: spec.keys: is of no use to mode review"));
  EXPECT_THAT(problems("review: {kubeconfig: k}"),
              ElementsAre("p.yaml:4: spec.review: is of no use to mode oidc"));
}

// verify.md A.5.
TEST(PolicyDocuments, name_no_type_of_token_that_is_no_callers) {
  for (const auto* type : {"wit+jwt", "dpop+jwt", "LOGOUT+JWT", "secevent+jwt"}) {
    const auto problems =
        problems_of(cat("apiVersion: signet.dev/v1\nkind: Issuer\nmetadata: {name: i}\n"
                        "spec: {url: u, cluster: c, tokens: {types: [JWT, ",
                        type, "]}}"));
    EXPECT_THAT(problems, ElementsAre(HasSubstr("spec.tokens.types: names "))) << type;
  }
}

TEST(PolicyDocuments, are_bounded) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "---\nkind: x\n";
  const auto problems = problems_of(many);
  ASSERT_EQ(problems.size(), 101U);
  EXPECT_EQ(problems.back(), "and 100 more");
  EXPECT_THAT(problems_of(std::string(policy_file_bytes_max + 1, ' ')),
              ElementsAre("p.yaml: YAML: larger than 8388608 bytes"));
}

}  // namespace
}  // namespace signet::party
