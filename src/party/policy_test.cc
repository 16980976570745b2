#include "party/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/cat.h"

namespace signet::party {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string issuer(std::string_view name, std::string_view spec) {
  return cat("---\napiVersion: signet.dev/v1\nkind: Issuer\nmetadata: {name: ", name, "}\nspec: {",
             spec, "}\n");
}
std::string route(std::string_view name, std::string_view spec) {
  return cat("---\napiVersion: signet.dev/v1\nkind: Route\nmetadata: {name: ", name,
             "}\nspec: {subjects: [{namespace: '*', name: '*'}], ", spec, "}\n");
}

struct Compiled {
  PolicyPtr policy;
  std::vector<std::string> problems;
};
Compiled compile(std::string_view text) {
  Documents documents;
  Problems problems;
  read_documents(text, "p.yaml", documents, problems);
  EXPECT_TRUE(problems.empty()) << problems.texts().front();
  auto policy = compile_policy(std::move(documents), problems);
  return {.policy = std::move(policy), .problems = problems.texts()};
}

Caller caller(std::string ns, std::string name, std::string uid = "u") {
  return {.cluster = "prod", .ns = std::move(ns), .name = std::move(name), .uid = std::move(uid)};
}

TEST(Policy, finds_issuers_and_routes_byte_for_byte) {
  const auto compiled = compile(issuer("a", "url: 'https://k8s.example', cluster: c") +
                                issuer("b", "url: 'https://k8s.example/', cluster: c") +
                                route("r", "audiences: {new: [x]}"));
  ASSERT_THAT(compiled.problems, IsEmpty());
  EXPECT_EQ(compiled.policy->issuer_of("https://k8s.example")->name, "a");
  EXPECT_EQ(compiled.policy->issuer_of("https://k8s.example/")->name, "b");
  EXPECT_EQ(compiled.policy->issuer_of("https://K8s.example"), nullptr);
  EXPECT_EQ(compiled.policy->issuer_of(""), nullptr);
  EXPECT_EQ(compiled.policy->route("r")->rules.name, "r");
  EXPECT_EQ(compiled.policy->route("R"), nullptr);
  EXPECT_EQ(compiled.policy->key_sources().size(), 2U);
}

TEST(Policy, is_told_everything_that_contradicts_itself) {
  const auto compiled = compile(
      issuer("a", "url: 'https://k8s.example', cluster: c") +
      issuer("a", "url: 'https://k8s.example', cluster: c") +
      issuer("l", "url: kubernetes/serviceaccount, cluster: c") +
      issuer("m", "url: m, cluster: m, mode: review, review: {kubeconfig: x}") +
      issuer("n", "url: n, cluster: m, mode: review, review: {kubeconfig: y}") +
      issuer("h", "url: 'http://k8s.example', cluster: c") +
      route("r", "audiences: {new: [x]}, issuers: [zz], clusters: [yy], condition: 'caller.nam'") +
      route("r", "audiences: {phase: both, old: [x], new: [x]}, condition: '1 + 1'") +
      route("s", "anyAudience: true, legacyTokensFrom: a") +
      route("t", "anyAudience: true, legacyTokensFrom: zz") +
      route("u", "anyAudience: true, issuers: [a], legacyTokensFrom: m"));
  EXPECT_EQ(compiled.policy, nullptr);
  std::vector<std::string> paths;
  for (const auto& problem : compiled.problems) {
    paths.push_back(problem.substr(0, problem.find(':', problem.find(": ") + 2)));
  }
  EXPECT_THAT(paths,
              ElementsAre("p.yaml:7: metadata.name", "p.yaml:7: spec.url", "p.yaml:12: spec.url",
                          "p.yaml:22: spec.review", "p.yaml:27: spec", "p.yaml:32: spec.issuers",
                          "p.yaml:32: spec.clusters", "p.yaml:32: spec.condition",
                          "p.yaml:37: spec.audiences", "p.yaml:37: spec.condition",
                          "p.yaml:42: spec.legacyTokensFrom", "p.yaml:47: spec.legacyTokensFrom",
                          "p.yaml:52: spec.legacyTokensFrom", "p.yaml:37: metadata.name"));
}

TEST(Policy, needs_an_issuer_and_a_route) {
  EXPECT_THAT(compile("").problems,
              ElementsAre("the policy has no Issuer", "the policy has no Route"));
}

TEST(Policy, accepts_the_audiences_of_the_phase) {
  const auto compiled = compile(issuer("a", "url: 'https://k8s.example', cluster: c") +
                                route("before", "audiences: {phase: old, old: [o], new: [n]}") +
                                route("between", "audiences: {phase: both, old: [o], new: [n]}") +
                                route("after", "audiences: {phase: new, old: [o], new: [n]}") +
                                route("any", "anyAudience: true"));
  ASSERT_THAT(compiled.problems, IsEmpty());
  EXPECT_THAT(compiled.policy->route("before")->audiences, ElementsAre("o"));
  EXPECT_THAT(compiled.policy->route("between")->audiences, ElementsAre("n", "o"));
  EXPECT_THAT(compiled.policy->route("after")->audiences, ElementsAre("n"));
  EXPECT_THAT(compiled.policy->route("any")->audiences, IsEmpty());
  EXPECT_TRUE(compiled.policy->route("between")->only_old({"o"}));
  EXPECT_FALSE(compiled.policy->route("between")->only_old({"n", "o"}));
  EXPECT_TRUE(compiled.policy->route("before")->only_old({"o"}));
  EXPECT_FALSE(compiled.policy->route("after")->only_old({"n"}));
  EXPECT_FALSE(compiled.policy->route("any")->only_old({}));
}

TEST(Policy, believes_the_issuers_and_clusters_that_a_route_names) {
  const auto compiled = compile(issuer("a", "url: 'https://a.example', cluster: one") +
                                issuer("b", "url: 'https://b.example', cluster: two") +
                                route("all", "anyAudience: true") +
                                route("by-issuer", "anyAudience: true, issuers: [a]") +
                                route("by-cluster", "anyAudience: true, clusters: [two]"));
  ASSERT_THAT(compiled.problems, IsEmpty());
  const auto& a = *compiled.policy->issuer_of("https://a.example");
  const auto& b = *compiled.policy->issuer_of("https://b.example");
  const auto believes = [&](std::string_view name, const IssuerDocument& which) {
    return compiled.policy->route(name)->believes(which);
  };
  EXPECT_TRUE(believes("all", a) && believes("all", b));
  EXPECT_TRUE(believes("by-issuer", a) && !believes("by-issuer", b));
  EXPECT_TRUE(!believes("by-cluster", a) && believes("by-cluster", b));
}

TEST(Policy, lets_in_the_subjects_that_one_rule_fits) {
  const auto compiled =
      compile(issuer("a", "url: 'https://a.example', cluster: prod") +
              "---\napiVersion: signet.dev/v1\nkind: Route\nmetadata: {name: r}\nspec:\n"
              "  anyAudience: true\n  subjects:\n  - {namespace: 'shop-*', name: cart}\n"
              "  - {namespace: batch, name: job, uid: u1}\n"
              "  - {cluster: other, namespace: '*', name: '*'}\n");
  ASSERT_THAT(compiled.problems, IsEmpty());
  const auto& rules = *compiled.policy->route("r");
  EXPECT_FALSE(rules.subject_refusal(caller("shop-eu", "cart")));
  EXPECT_EQ(rules.subject_refusal(caller("shop", "cart")), "the account is not among the subjects");
  EXPECT_TRUE(rules.subject_refusal(caller("shop-eu", "cart2")));
  EXPECT_FALSE(rules.subject_refusal(caller("batch", "job", "u1")));
  EXPECT_EQ(rules.subject_refusal(caller("batch", "job", "u2")),
            "the account has another uid than the one that was let in");
}

TEST(Condition, sees_the_caller_and_the_claims) {
  Caller who{.subject = "k8s/c/ns/shop/sa/cart",
             .cluster = "c",
             .issuer = "https://k8s.example",
             .ns = "shop",
             .name = "cart",
             .uid = "u",
             .pod = ObjectName{.name = "cart-1", .uid = "p"},
             .jti = "j",
             .audiences = {"payments"}};
  const auto refusal = [&](std::string_view text) {
    const auto condition = Condition::compile(text);
    EXPECT_TRUE(condition) << condition.error().message;
    return condition->refusal(who, R"({"team":"a","n":3})").value_or("");
  };
  EXPECT_EQ(refusal("caller.namespace == 'shop' && caller.pod.name.startsWith('cart-')"), "");
  EXPECT_EQ(refusal("caller.node.name == '' && 'payments' in caller.audiences"), "");
  EXPECT_EQ(refusal("caller.method == 'offline' && claims.team == 'a' && claims.n == 3"), "");
  EXPECT_EQ(refusal("caller.tokenID == 'k'"), "the condition does not hold");
  EXPECT_EQ(refusal("claims.?missing.orValue('x') == 'x'"), "");
  EXPECT_THAT(refusal("claims.missing == 'x'"), testing::StartsWith("the condition cannot be"));
}

TEST(Condition, is_a_truth_value_or_refused_when_it_is_compiled) {
  for (const auto* text : {"caller.name", "1", "caller.nome == 'x'", "caller.name == 1", "(", ""}) {
    EXPECT_FALSE(Condition::compile(text)) << text;
  }
}

}  // namespace
}  // namespace signet::party
