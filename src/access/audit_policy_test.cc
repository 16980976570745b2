#include "access/audit_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::access {
namespace {

using testing::HasSubstr;

AuditPolicy policy_of(std::string_view rules) {
  auto policy = AuditPolicy::parse(cat("apiVersion: audit.k8s.io/v1\nkind: Policy\n",
                                       rules.contains("rules:") ? "" : "rules:\n", rules));
  EXPECT_TRUE(policy) << policy.error().message;
  return policy ? *std::move(policy) : AuditPolicy();
}

const token::UserInfo jane{
    .username = "jane", .uid = {}, .groups = {"dev", "system:authenticated"}, .extra = {}};

AuditDecision decide(const AuditPolicy& policy, std::string_view method, std::string_view path,
                     const token::UserInfo* user = &jane, std::string_view query = "") {
  const auto info = machinery::RequestInfo::parse(method, path, query);
  EXPECT_TRUE(info);
  return policy.decide(user, *info);
}

// The problem that parse() names, for a policy with these lines.
std::string problem(std::string_view text) {
  const auto policy = AuditPolicy::parse(text);
  return policy ? "none" : policy.error().message;
}
std::string problem_of_rule(std::string_view members) {
  return problem(
      cat(R"({"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{)", members, "}]}"));
}

TEST(AuditPolicy, a_rule_matches_when_each_of_its_fields_does) {
  struct Row {
    std::string_view rule;
    std::string_view method;
    std::string_view path;
    bool matches;
  };
  constexpr std::string_view pods = "/api/v1/namespaces/demo/pods";
  constexpr std::string_view pod = "/api/v1/namespaces/demo/pods/web";
  constexpr std::string_view log = "/api/v1/namespaces/demo/pods/web/log";
  constexpr std::string_view leases = "/apis/coordination.k8s.io/v1/namespaces/demo/leases";
  for (const auto& row : {
           Row{"{level: Metadata}", "GET", pods, true},
           Row{"{level: Metadata}", "GET", "/healthz", true},
           Row{"{level: Metadata, users: [jane]}", "GET", pods, true},
           Row{"{level: Metadata, users: [Jane]}", "GET", pods, false},
           Row{"{level: Metadata, users: [joe]}", "GET", pods, false},
           Row{"{level: Metadata, userGroups: [ops, dev]}", "GET", pods, true},
           Row{"{level: Metadata, userGroups: [ops]}", "GET", pods, false},
           Row{"{level: Metadata, users: [jane], userGroups: [ops]}", "GET", pods, false},
           Row{"{level: Metadata, verbs: [list]}", "GET", pods, true},
           Row{"{level: Metadata, verbs: [list]}", "GET", pod, false},
           Row{"{level: Metadata, verbs: [get]}", "GET", "/healthz", true},
           Row{"{level: Metadata, namespaces: [demo]}", "GET", pods, true},
           Row{"{level: Metadata, namespaces: [other]}", "GET", pods, false},
           Row{"{level: Metadata, namespaces: ['']}", "GET", "/api/v1/nodes", true},
           Row{"{level: Metadata, namespaces: ['']}", "GET", pods, false},
           Row{"{level: Metadata, namespaces: ['']}", "GET", "/healthz", false},
           Row{"{level: Metadata, resources: [{}]}", "GET", pods, true},
           Row{"{level: Metadata, resources: [{group: ''}]}", "GET", log, true},
           Row{"{level: Metadata, resources: [{group: ''}]}", "GET", leases, false},
           Row{"{level: Metadata, resources: [{group: coordination.k8s.io}]}", "GET", leases, true},
           Row{"{level: Metadata, resources: [{resources: [pods]}]}", "GET", pods, true},
           Row{"{level: Metadata, resources: [{resources: [pods]}]}", "GET", log, false},
           Row{"{level: Metadata, resources: [{resources: [pods]}]}", "GET", leases, false},
           Row{"{level: Metadata, resources: [{resources: [pods]}]}", "GET", "/healthz", false},
           Row{"{level: Metadata, resources: [{resources: [pods/log]}]}", "GET", log, true},
           Row{"{level: Metadata, resources: [{resources: [pods/log]}]}", "GET", pod, false},
           Row{"{level: Metadata, resources: [{resources: ['*']}]}", "GET", log, true},
           Row{"{level: Metadata, resources: [{resources: ['*/log']}]}", "GET", log, true},
           Row{"{level: Metadata, resources: [{resources: ['*/log']}]}", "GET", pod, false},
           Row{"{level: Metadata, resources: [{resources: ['pods/*']}]}", "GET", log, true},
           Row{"{level: Metadata, resources: [{resources: ['pods/*']}]}", "GET", pod, true},
           Row{"{level: Metadata, resources: [{resources: ['nodes/*']}]}", "GET", log, false},
           Row{"{level: Metadata, resources: [{resources: [pods], resourceNames: [web]}]}", "GET",
               pod, true},
           Row{"{level: Metadata, resources: [{resources: [pods], resourceNames: [db]}]}", "GET",
               pod, false},
           Row{"{level: Metadata, resources: [{resources: [nodes]}, {resources: [pods]}]}", "GET",
               pods, true},
           Row{"{level: Metadata, nonResourceURLs: [/healthz]}", "GET", "/healthz", true},
           Row{"{level: Metadata, nonResourceURLs: [/healthz]}", "GET", "/healthz/ping", false},
           Row{"{level: Metadata, nonResourceURLs: ['/healthz*']}", "GET", "/healthz/ping", true},
           Row{"{level: Metadata, nonResourceURLs: ['*']}", "GET", "/metrics", true},
           Row{"{level: Metadata, nonResourceURLs: ['*']}", "GET", pods, false},
       }) {
    const auto decision = decide(policy_of(cat("- ", row.rule, "\n")), row.method, row.path);
    EXPECT_EQ(decision.level == AuditLevel::metadata, row.matches) << row.rule << " " << row.path;
  }
}

TEST(AuditPolicy, the_first_rule_that_matches_decides_and_without_one_nothing_is_recorded) {
  const auto policy = policy_of(
      "- {level: None, resources: [{resources: [pods]}]}\n"
      "- {level: RequestResponse, verbs: [create]}\n"
      "- {level: Request, users: [jane], namespaces: [demo]}\n");
  EXPECT_EQ(decide(policy, "POST", "/api/v1/namespaces/demo/pods").level, AuditLevel::none);
  EXPECT_EQ(decide(policy, "POST", "/api/v1/namespaces").level, AuditLevel::request_response);
  EXPECT_EQ(decide(policy, "GET", "/api/v1/namespaces/demo/secrets").level, AuditLevel::request);
  EXPECT_EQ(decide(policy, "GET", "/api/v1/nodes").level, AuditLevel::none);
}

TEST(AuditPolicy, rules_for_users_do_not_match_who_could_not_say_who_he_is) {
  const auto policy = policy_of(
      "- {level: Request, users: ['']}\n"
      "- {level: Request, userGroups: ['']}\n"
      "- {level: Metadata}\n");
  EXPECT_EQ(decide(policy, "GET", "/api/v1/nodes", nullptr).level, AuditLevel::metadata);
}

TEST(AuditPolicy, stages_are_left_out_by_the_policy_or_the_rule) {
  const auto policy = policy_of(
      "omitStages: [RequestReceived]\n"
      "rules:\n"
      "- {level: Metadata, verbs: [get], omitStages: [ResponseStarted, Panic]}\n"
      "- {level: Metadata}\n");
  const auto get = decide(policy, "GET", "/healthz");
  EXPECT_FALSE(get.records(AuditStage::request_received));
  EXPECT_FALSE(get.records(AuditStage::response_started));
  EXPECT_TRUE(get.records(AuditStage::response_complete));
  EXPECT_FALSE(get.records(AuditStage::panic));
  const auto post = decide(policy, "POST", "/healthz");
  EXPECT_FALSE(post.records(AuditStage::request_received));
  EXPECT_TRUE(post.records(AuditStage::response_started));
}

TEST(AuditPolicy, managed_fields_are_left_out_as_the_rule_says_or_else_the_policy) {
  const auto policy = policy_of(
      "omitManagedFields: true\n"
      "rules:\n"
      "- {level: Request, verbs: [get], omitManagedFields: false}\n"
      "- {level: Request}\n");
  EXPECT_FALSE(decide(policy, "GET", "/healthz").omit_managed_fields);
  EXPECT_TRUE(decide(policy, "POST", "/healthz").omit_managed_fields);
}

// What the example of the Kubernetes documentation says, told anew.
TEST(AuditPolicy, a_policy_like_the_documented_one_says_what_it_is_meant_to) {
  const auto policy = policy_of(R"(
omitStages:
  - "RequestReceived"
rules:
  - level: RequestResponse
    resources:
    - group: ""
      resources: ["pods"]
  - level: Metadata
    resources:
    - group: ""
      resources: ["pods/log", "pods/status"]
  - level: None
    resources:
    - group: ""
      resources: ["configmaps"]
      resourceNames: ["controller-leader"]
  - level: None
    users: ["system:kube-proxy"]
    verbs: ["watch"]
    resources:
    - group: ""
      resources: ["endpoints", "services"]
  - level: None
    userGroups: ["system:authenticated"]
    nonResourceURLs:
    - "/api*"
    - "/version"
  - level: Request
    resources:
    - group: ""
      resources: ["configmaps"]
    namespaces: ["kube-system"]
  - level: Metadata
    resources:
    - group: ""
      resources: ["secrets", "configmaps"]
  - level: Request
    resources:
    - group: ""
    - group: "extensions"
  - level: Metadata
    omitStages:
      - "RequestReceived"
)");
  const token::UserInfo proxy{
      .username = "system:kube-proxy", .uid = {}, .groups = {}, .extra = {}};
  const auto level = [&](std::string_view path, const token::UserInfo& user = jane,
                         std::string_view query = "") {
    return to_string(decide(policy, "GET", path, &user, query).level);
  };
  EXPECT_EQ(level("/api/v1/namespaces/a/pods"), "RequestResponse");
  EXPECT_EQ(level("/api/v1/namespaces/a/pods/p/log"), "Metadata");
  EXPECT_EQ(level("/api/v1/namespaces/a/pods/p/exec"), "Request");
  EXPECT_EQ(level("/api/v1/namespaces/a/configmaps/controller-leader"), "None");
  EXPECT_EQ(level("/api/v1/services", proxy, "watch=1"), "None");
  EXPECT_EQ(level("/api/v1/services", jane, "watch=1"), "Request");
  EXPECT_EQ(level("/apis"), "None");
  EXPECT_EQ(level("/apis", proxy), "Metadata") << "who is in no group";
  EXPECT_EQ(level("/api/v1/namespaces/kube-system/configmaps"), "Request");
  EXPECT_EQ(level("/api/v1/namespaces/a/configmaps"), "Metadata");
  EXPECT_EQ(level("/api/v1/namespaces/a/secrets"), "Metadata");
  EXPECT_EQ(level("/apis/coordination.k8s.io/v1/leases"), "Metadata");
  EXPECT_FALSE(decide(policy, "GET", "/metrics").records(AuditStage::request_received));
}

TEST(AuditPolicy, a_file_that_is_no_policy_is_refused_with_every_reason) {
  struct Row {
    std::string text;
    std::string_view problem;
  };
  for (const auto& row : {
           Row{"", "must be an object"},
           Row{"[]", "must be an object"},
           Row{"a: [", "line"},
           Row{"a: 1\na: 2\n", "line 2: key \"a\" already set in map"},
           Row{R"({"rules":[],"rules":[]})", "the name rules occurs more than once"},
           Row{"kind: Policy\n", R"(apiVersion: Unsupported value: "")"},
           Row{"apiVersion: audit.k8s.io/v1\nkind: Polizei\n",
               R"(kind: Unsupported value: "Polizei": supported values: "Policy")"},
           Row{"apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]\n",
               "audit.k8s.io/v1beta1"},
           Row{"apiVersion: audit.k8s.io/v1\nkind: Policy\n",
               "rules: Required value: at least one rule is needed"},
           Row{"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: {}\n",
               "rules: Invalid value: {}: must be a list"},
           Row{"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\nrule: []\n",
               "rule: Forbidden: unknown field"},
           Row{"apiVersion: audit.k8s.io/v1\nkind: Policy\nomitManagedFields: 'no'\n"
               "rules: [{level: None}]\n",
               R"(omitManagedFields: Invalid value: "no": must be true or false)"},
           Row{std::string(AuditPolicy::text_bytes_max + 1, ' '), "larger than 1 MiB"},
       }) {
    EXPECT_THAT(problem(row.text), HasSubstr(std::string(row.problem))) << row.text.substr(0, 80);
  }
  EXPECT_THAT(problem("apiVersion: audit.k8s.io/v1\nkind: Policy\n"
                      "rules: [{level: All, verb: [get]}, {}]\n"),
              testing::AllOf(HasSubstr("rules[0].level: Unsupported value: \"All\": supported "
                                       "values: \"None\", \"Metadata\", \"Request\", "
                                       "\"RequestResponse\""),
                             HasSubstr("rules[0].verb: Forbidden: unknown field; "),
                             HasSubstr("; rules[1].level: Required value")));
}

TEST(AuditPolicy, a_rule_that_cannot_be_meant_is_refused) {
  struct Row {
    std::string_view members;
    std::string_view problem;
  };
  for (const auto& row : {
           Row{R"("level":1)", "rules[0].level: Invalid value: 1: must be a string"},
           Row{R"("level":"metadata")", "rules[0].level: Unsupported value"},
           Row{R"("level":"None","users":"jane")",
               R"(rules[0].users: Invalid value: "jane": must be a list)"},
           Row{R"("level":"None","users":[1])",
               "rules[0].users[0]: Invalid value: 1: must be a string"},
           Row{R"("level":"None","omitStages":["Started"])",
               R"(rules[0].omitStages[0]: Unsupported value: "Started")"},
           Row{R"("level":"None","nonResourceURLs":["api"])", "must begin with a '/'"},
           Row{R"("level":"None","nonResourceURLs":[""])", "must begin with a '/'"},
           Row{R"("level":"None","nonResourceURLs":["/a*/b"])", "must be the final character"},
           Row{R"("level":"None","nonResourceURLs":["/"],"namespaces":["a"])",
               "cannot apply to both"},
           Row{R"("level":"None","nonResourceURLs":["/"],"resources":[{}])",
               "cannot apply to both"},
           Row{R"("level":"None","resources":[{"group":"apps/v1"}])",
               R"(rules[0].resources[0].group: Invalid value: "apps/v1")"},
           Row{R"("level":"None","resources":[{"resourceNames":["a"]}])",
               "rules[0].resources[0].resourceNames: Forbidden: using resourceNames requires"},
           Row{R"("level":"None","resources":["pods"])",
               R"(rules[0].resources[0]: Invalid value: "pods": must be an object)"},
           Row{R"("level":"None","resources":[{"resource":["pods"]}])",
               "rules[0].resources[0].resource: Forbidden: unknown field"},
       }) {
    EXPECT_THAT(problem_of_rule(row.members), HasSubstr(std::string(row.problem)));
  }
  EXPECT_EQ(problem_of_rule(R"("level":"None","users":null,"omitManagedFields":null)"), "none");
}

TEST(AuditPolicy, has_a_limit_of_rules) {
  const auto with_rules = [](std::size_t count) {
    std::string text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n";
    for (std::size_t i = 0; i < count; ++i) text += "- level: None\n";
    return problem(text);
  };
  EXPECT_EQ(with_rules(AuditPolicy::rules_max), "none");
  EXPECT_THAT(with_rules(AuditPolicy::rules_max + 1), HasSubstr("at most 1000 rules"));
}

}  // namespace
}  // namespace signet::access
