#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds/label_selector_rules.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Texts refused(const machinery::Kind& kind, std::string_view text) {
  return validated(kind, parse(text));
}

TEST(Roles, without_rules_have_null_for_them) {
  for (const auto* kind : {&role, &cluster_role}) {
    EXPECT_EQ(defaulted(*kind, R"({"rules":[]})"), parse(R"({"rules":null})"));
    EXPECT_EQ(defaulted(*kind, R"({"rules":null})"), parse(R"({"rules":null})"));
    EXPECT_THAT(refused(*kind, R"({"rules":null})"), IsEmpty());
  }
}

TEST(Roles, may_have_names_with_colons) {
  for (const auto* kind : {&role, &cluster_role, &role_binding, &cluster_role_binding}) {
    EXPECT_EQ(kind->name_rule, machinery::NameRule::path_segment) << kind->kind;
    EXPECT_TRUE(kind->create_on_update) << kind->kind;
  }
}

TEST(Roles, have_rules_with_verbs_groups_and_resources) {
  for (const auto* kind : {&role, &cluster_role}) {
    EXPECT_THAT(
        refused(*kind, R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})"),
        IsEmpty());
    EXPECT_THAT(
        refused(*kind, R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]},{}]})"),
        ElementsAre("rules[1].verbs: Required value: verbs must contain at least one value",
                    "rules[1].apiGroups: Required value: resource rules must supply at least one "
                    "api group",
                    "rules[1].resources: Required value: resource rules must supply at least one "
                    "resource"));
  }
}

TEST(Role, has_no_rules_about_paths) {
  EXPECT_THAT(refused(role, R"({"rules":[{"verbs":["get"],"nonResourceURLs":["/x"]}]})"),
              ElementsAre("rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules "
                          "cannot apply to non-resource URLs"));
}

TEST(ClusterRole, has_rules_about_paths_or_about_resources) {
  EXPECT_THAT(refused(cluster_role, R"({"rules":[{"verbs":["get"],"nonResourceURLs":["/x"]}]})"),
              IsEmpty());
  for (const std::string_view other :
       {R"("apiGroups":[""])", R"("resources":["pods"])", R"("resourceNames":["a"])"}) {
    EXPECT_THAT(refused(cluster_role, cat(R"({"rules":[{"verbs":["get"],"nonResourceURLs":)",
                                          R"(["/a","<"],)", other, "}]}")),
                ElementsAre("rules[0].nonResourceURLs: Invalid value: [\"/a\",\"\\u003c\"]: rules "
                            "cannot apply to both regular resources and non-resource URLs"));
  }
}

TEST(ClusterRole, that_collects_others_says_which) {
  EXPECT_THAT(refused(cluster_role, R"({"aggregationRule":{}})"),
              ElementsAre("aggregationRule.clusterRoleSelectors: Required value: at least one "
                          "clusterRoleSelector required if aggregationRule is non-nil"));
  EXPECT_THAT(refused(cluster_role, R"({"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":
                  {"a/b":"true"},"matchExpressions":[{"key":"c","operator":"Exists"}]}]}})"),
              IsEmpty());
}

TEST(ClusterRole, collects_by_selectors_that_can_hold) {
  const auto refused_selector = [](std::string_view selector) {
    return refused(cluster_role,
                   cat(R"({"aggregationRule":{"clusterRoleSelectors":[{},)", selector, "]}}"));
  };
  EXPECT_THAT(
      refused_selector(R"({"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]})"),
      ElementsAre("aggregationRule.clusterRoleSelectors[1].matchExpressions[0].operator: Invalid "
                  "value: \"Gt\": not a valid selector operator",
                  "aggregationRule.clusterRoleSelectors[1]: Invalid value: \"null\": invalid label "
                  "selector: \"Gt\" is not a valid label selector operator"));
  EXPECT_THAT(
      refused_selector(R"({"matchExpressions":[{"key":"a","operator":"In"}]})"),
      ElementsAre("aggregationRule.clusterRoleSelectors[1].matchExpressions[0].values: Required "
                  "value: must be specified when `operator` is 'In' or 'NotIn'",
                  "aggregationRule.clusterRoleSelectors[1]: Invalid value: \"null\": invalid label "
                  "selector: values: Invalid value: null: for 'in', 'notin' operators, values set "
                  "can't be empty"));
  EXPECT_THAT(
      refused_selector(R"({"matchLabels":{"a b":"!"}})"),
      ElementsAre(
          StartsWith("aggregationRule.clusterRoleSelectors[1].matchLabels: Invalid value: \"a b\""),
          StartsWith("aggregationRule.clusterRoleSelectors[1].matchLabels: Invalid value: \"!\""),
          StartsWith("aggregationRule.clusterRoleSelectors[1]: Invalid value: \"null\": invalid "
                     "label selector: [key: Invalid value: \"a b\": name part must")));
  EXPECT_THAT(
      refused_selector(R"({"matchExpressions":[{"key":"k","operator":"In","values":["!"]}]})"),
      ElementsAre(StartsWith("aggregationRule.clusterRoleSelectors[1].matchExpressions[0].values[0]"
                             ": Invalid value: \"!\": a valid label must"),
                  StartsWith("aggregationRule.clusterRoleSelectors[1]: Invalid value: \"null\": "
                             "invalid label selector: values[0][k]: Invalid value: \"!\"")));
  EXPECT_THAT(
      refused_selector(R"({"matchExpressions":[{"key":"k","operator":"Exists","values":["v"]}]})"),
      ElementsAre("aggregationRule.clusterRoleSelectors[1].matchExpressions[0].values: Forbidden: "
                  "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                  "aggregationRule.clusterRoleSelectors[1]: Invalid value: \"null\": invalid label "
                  "selector: values: Invalid value: [\"v\"]: values set must be empty for exists "
                  "and does not exist"));
}

TEST(ClusterRole, collects_by_selectors_up_to_a_length) {
  const auto with_expressions = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      append(list, list.empty() ? "" : ",", R"({"key":"k","operator":"Exists"})");
    }
    return refused(cluster_role, cat(R"({"aggregationRule":{"clusterRoleSelectors":[
                                         {"matchExpressions":[)",
                                     list, "]}]}}"));
  };
  EXPECT_THAT(with_expressions(64), IsEmpty());
  EXPECT_THAT(with_expressions(65),
              ElementsAre("aggregationRule.clusterRoleSelectors[0]: Invalid value: \"null\": "
                          "invalid label selector: a label selector may have at most 64 "
                          "requirements"));
}

TEST(LabelSelectorText, is_the_selector_in_the_words_of_a_query) {
  EXPECT_EQ(label_selector_text(parse(R"({"matchLabels":{"a":"1","b":""},"matchExpressions":[
                {"key":"c","operator":"In","values":["x","y"]},
                {"key":"d","operator":"NotIn","values":[""]},
                {"key":"e","operator":"Exists"},{"key":"f","operator":"DoesNotExist"}]})")),
            "a=1,b=,c in (x,y),d notin (),e,!f");
  EXPECT_EQ(label_selector_text(parse("{}")), "");
}

TEST(Roles, show_when_they_were_made_and_not_for_how_long) {
  for (const auto* kind : {&role, &cluster_role}) {
    const auto row =
        cells(*kind, R"({"metadata":{"name":"r","creationTimestamp":"2026-01-02T03:04:05Z"}})");
    EXPECT_EQ(row.at("Name"), R"("r")");
    EXPECT_EQ(row.at("Created At"), R"("2026-01-02T03:04:05Z")");
    EXPECT_EQ(kind->columns[1].type, "date");
  }
}

TEST(Bindings, fill_in_the_groups_of_role_and_subjects) {
  for (const auto* kind : {&role_binding, &cluster_role_binding}) {
    EXPECT_EQ(defaulted(*kind, R"({"roleRef":{"kind":"ClusterRole","name":"r"},"subjects":[
                  {"kind":"User","name":"u"},{"kind":"Group","name":"g"},
                  {"kind":"ServiceAccount","name":"s"},{"kind":"Robot","name":"r"}]})"),
              parse(R"({"roleRef":{"kind":"ClusterRole","name":"r",
                                   "apiGroup":"rbac.authorization.k8s.io"},"subjects":[
                  {"kind":"User","name":"u","apiGroup":"rbac.authorization.k8s.io"},
                  {"kind":"Group","name":"g","apiGroup":"rbac.authorization.k8s.io"},
                  {"kind":"ServiceAccount","name":"s"},{"kind":"Robot","name":"r"}]})"));
  }
}

constexpr std::string_view bind_role =
    R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"r"})";

TEST(Bindings, name_a_role) {
  EXPECT_THAT(refused(role_binding, R"({"roleRef":{"apiGroup":"x","kind":"Foo","name":""}})"),
              ElementsAre("roleRef.apiGroup: Unsupported value: \"x\": supported values: "
                          "\"rbac.authorization.k8s.io\"",
                          "roleRef.kind: Unsupported value: \"Foo\": supported values: \"Role\", "
                          "\"ClusterRole\"",
                          "roleRef.name: Required value"));
  EXPECT_THAT(
      refused(role_binding, R"({"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role",
                                           "name":"a/b"}})"),
      ElementsAre("roleRef.name: Invalid value: \"a/b\": may not contain '/'"));
}

TEST(ClusterRoleBinding, binds_no_role_of_a_namespace) {
  EXPECT_THAT(
      refused(cluster_role_binding,
              R"({"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"}})"),
      ElementsAre("roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""));
}

TEST(Bindings, have_subjects_of_three_kinds) {
  const auto binding = cat("{", bind_role, R"(,"subjects":[
      {"kind":"User","name":"a","apiGroup":"x"},{"kind":"Zed"},
      {"kind":"ServiceAccount","name":"A_","namespace":"n","apiGroup":"y"},
      {"kind":"Group","name":"g","apiGroup":""}]})");
  for (const auto* kind : {&role_binding, &cluster_role_binding}) {
    EXPECT_THAT(
        refused(*kind, binding),
        ElementsAre("subjects[0].apiGroup: Unsupported value: \"x\": supported values: "
                    "\"rbac.authorization.k8s.io\"",
                    "subjects[1].name: Required value",
                    "subjects[1].kind: Unsupported value: \"Zed\": supported values: "
                    "\"ServiceAccount\", \"User\", \"Group\"",
                    StartsWith("subjects[2].name: Invalid value: \"A_\": a lowercase RFC "
                               "1123 subdomain must"),
                    "subjects[2].apiGroup: Unsupported value: \"y\": supported values: \"\"",
                    "subjects[3].apiGroup: Unsupported value: \"\": supported values: "
                    "\"rbac.authorization.k8s.io\""));
  }
}

TEST(Bindings, of_the_cluster_say_where_a_service_account_is) {
  const auto binding =
      cat("{", bind_role, R"(,"subjects":[{"kind":"ServiceAccount","name":"a"}]})");
  EXPECT_THAT(refused(role_binding, binding), IsEmpty());
  EXPECT_THAT(refused(cluster_role_binding, binding),
              ElementsAre("subjects[0].namespace: Required value"));
}

TEST(Bindings, keep_their_role) {
  const auto old = cat("{", bind_role, "}");
  const auto other =
      R"({"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}})";
  for (const auto* kind : {&role_binding, &cluster_role_binding}) {
    EXPECT_THAT(validated_update(*kind, old, old), IsEmpty());
    EXPECT_THAT(validated_update(*kind, other, old),
                ElementsAre("roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\","
                            "\"Kind\":\"ClusterRole\",\"Name\":\"view\"}: cannot change roleRef"));
  }
}

TEST(Bindings, show_their_role_and_with_wide_their_subjects) {
  const auto row =
      cells(role_binding, cat(R"({"metadata":{"name":"b"},)", bind_role, R"(,"subjects":[
      {"kind":"User","name":"u"},{"kind":"Group","name":"g"},{"kind":"User","name":"v"},
      {"kind":"ServiceAccount","name":"s","namespace":"n"},{"kind":"ServiceAccount","name":"t"}]})"));
  EXPECT_EQ(row.at("Role"), R"("ClusterRole/r")");
  EXPECT_EQ(row.at("Users"), R"("u, v")");
  EXPECT_EQ(row.at("Groups"), R"("g")");
  EXPECT_EQ(row.at("ServiceAccounts"), R"("n/s, /t")");
  for (const auto& column : role_binding.columns) {
    const bool wide =
        column.name == "Users" || column.name == "Groups" || column.name == "ServiceAccounts";
    EXPECT_EQ(column.priority, wide ? 1 : 0) << column.name;
  }
}

// As many as fit into a body of 3 MiB; each is looked at once.
TEST(Bindings, may_have_very_many_subjects) {
  codec::Json binding = parse(cat("{", bind_role, "}"));
  const auto subject = parse(R"({"kind":"User","name":"u"})");
  binding.as_object()["subjects"] = codec::JsonArray(100'000, subject);
  role_binding.set_defaults(binding);
  EXPECT_THAT(validated(role_binding, binding), IsEmpty());
}

}  // namespace
}  // namespace signet::kinds
