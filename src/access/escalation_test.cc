#include "access/escalation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view group = "/apis/rbac.authorization.k8s.io/v1/";
constexpr std::string_view here = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/";

class Escalation : public testing::Test {
 protected:
  Escalation() { cluster.add_bootstrap_policy(); }

  fixture::Reply as(const token::UserInfo& user, std::string method, std::string_view path,
                    std::string body, machinery::fixture::Headers headers = {}) {
    return cluster.api.send(std::move(method), path, std::move(body), std::move(headers), 0, user);
  }
  fixture::Reply alice_posts(std::string_view path, std::string body) {
    return as(alice, "POST", path, std::move(body));
  }
  static std::string role(std::string_view name, std::string_view rules) {
    return cat(R"({"metadata":{"name":")", name, R"("},"rules":)", rules, "}");
  }
  static std::string binding(std::string_view name, std::string_view kind, std::string_view role,
                             std::string_view user = "bob") {
    return cat(R"({"metadata":{"name":")", name, R"("},"roleRef":{"kind":")", kind, R"(","name":")",
               role, R"("},"subjects":[{"kind":"User","name":")", user, "\"}]}");
  }
  // Gives alice these rules in the namespace.
  void give(std::string_view name, std::string_view rules) {
    cluster.make(cat(here, "roles"), role(name, rules));
    cluster.make(cat(here, "rolebindings"), binding(name, "Role", name, "alice"));
  }
  void give_everywhere(std::string_view name, std::string_view rules) {
    cluster.make(cat(group, "clusterroles"), role(name, rules));
    cluster.make(cat(group, "clusterrolebindings"), binding(name, "ClusterRole", name, "alice"));
  }

  const token::UserInfo alice{
      .username = "alice", .uid = {}, .groups = {"dev", "system:authenticated"}, .extra = {}};
  fixture::Cluster cluster;
};

constexpr std::string_view read_secrets =
    R"([{"verbs":["list","get"],"apiGroups":[""],"resources":["secrets"]}])";

TEST_F(Escalation, tells_what_is_missing_sorted_and_put_together) {
  give("holds", R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}])");
  const auto reply = alice_posts(
      cat(here, "roles"),
      role("esc", R"([{"verbs":["list","get"],"apiGroups":[""],"resources":["secrets","pods"]},
                      {"verbs":["get"],"apiGroups":["apps"],"resources":["deployments"],
                       "resourceNames":["a"]}])"));
  EXPECT_EQ(
      reply.refusal(),
      "403 Forbidden roles.rbac.authorization.k8s.io \"esc\" is forbidden: user \"alice\" "
      "(groups=[\"dev\" \"system:authenticated\"]) is attempting to grant RBAC permissions not "
      "currently held:\n"
      "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}\n"
      "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"list\" \"get\"]}\n"
      "{APIGroups:[\"apps\"], Resources:[\"deployments\"], ResourceNames:[\"a\"], "
      "Verbs:[\"get\"]}");
}

TEST_F(Escalation, lets_pass_what_is_held) {
  give("holds", R"([{"verbs":["get","list"],"apiGroups":["*"],"resources":["*"]}])");
  EXPECT_EQ(alice_posts(cat(here, "roles"), role("fine", read_secrets)).status, 201);
  EXPECT_EQ(alice_posts(cat(group, "clusterroles"), role("wide", read_secrets)).status, 403)
      << "not everywhere";
}

TEST_F(Escalation, adds_roles_that_are_bound_and_missing) {
  cluster.make(cat(here, "rolebindings"), binding("lost", "Role", "lost", "alice"));
  EXPECT_THAT(alice_posts(cat(here, "roles"), role("esc", read_secrets)).at("message"),
              HasSubstr("; resolution errors: [role.rbac.authorization.k8s.io \"lost\" not "
                        "found]"));
}

// One error that is a list, in a list of one error.
TEST_F(Escalation, adds_several_missing_roles_as_a_list_in_a_list_each_once) {
  for (const auto* name : {"a", "b", "c"}) {
    cluster.make(cat(here, "rolebindings"),
                 binding(name, "Role", *name == 'c' ? "lost-a" : cat("lost-", name), "alice"));
  }
  EXPECT_THAT(
      alice_posts(cat(here, "roles"), role("esc", read_secrets)).at("message"),
      EndsWith("; resolution errors: [[role.rbac.authorization.k8s.io \"lost-a\" not found, "
               "role.rbac.authorization.k8s.io \"lost-b\" not found]]"));
}

TEST_F(Escalation, is_a_right_of_its_own) {
  give("may", R"([{"verbs":["escalate"],"apiGroups":["rbac.authorization.k8s.io"],
                   "resources":["roles"]}])");
  EXPECT_EQ(alice_posts(cat(here, "roles"), role("esc", read_secrets)).status, 201);
  EXPECT_EQ(alice_posts(cat(group, "clusterroles"), role("esc", read_secrets)).status, 403);
}

// As with every right to names: a create on the collection has none yet.
TEST_F(Escalation, may_be_a_right_to_one_role_that_the_path_names) {
  give("may", R"([{"verbs":["escalate"],"apiGroups":["rbac.authorization.k8s.io"],
                   "resources":["roles"],"resourceNames":["esc"]}])");
  EXPECT_EQ(alice_posts(cat(here, "roles"), role("esc", read_secrets)).status, 403);
  EXPECT_EQ(as(alice, "PUT", cat(here, "roles/esc"), role("esc", read_secrets)).status, 201);
  EXPECT_EQ(as(alice, "PUT", cat(here, "roles/esc"),
               role("esc", R"([{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}])"))
                .status,
            200);
  EXPECT_EQ(as(alice, "PUT", cat(here, "roles/other"), role("other", read_secrets)).status, 403);
}

TEST_F(Escalation, is_no_question_for_masters) {
  EXPECT_EQ(cluster.api.post(cat(here, "roles"), role("any", read_secrets)).status, 201);
}

TEST_F(Escalation, is_stopped_in_every_kind_of_write) {
  cluster.make(cat(here, "roles"), role("r", "[]"));
  const auto path = cat(here, "roles/r");
  EXPECT_EQ(as(alice, "PUT", path, role("r", read_secrets)).status, 403);
  const auto patch = cat(R"({"rules":)", read_secrets, "}");
  EXPECT_EQ(
      as(alice, "PATCH", path, patch, {{"content-type", "application/merge-patch+json"}}).status,
      403);
  EXPECT_EQ(as(alice, "PATCH", cat(path, "?fieldManager=m"),
               cat(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":
                       {"name":"r"},"rules":)",
                   read_secrets, "}"),
               {{"content-type", "application/apply-patch+yaml"}})
                .status,
            403);
  EXPECT_EQ(cluster.api.get(path).at("rules"), "null");
}

TEST_F(Escalation, may_change_what_is_not_about_rules_of_garbage) {
  cluster.make(cat(here, "roles"), role("r", read_secrets));
  const auto patch = [&](std::string body) {
    return as(alice, "PATCH", cat(here, "roles/r"), std::move(body),
              {{"content-type", "application/merge-patch+json"}})
        .status;
  };
  EXPECT_EQ(patch(R"({"metadata":{"finalizers":["example.com/wait"]}})"), 200);
  EXPECT_EQ(patch(R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p",
                      "uid":"u"}]}})"),
            200);
  const std::string_view label = R"({"metadata":{"labels":{"a":"b"}}})";
  EXPECT_EQ(patch(std::string(label)), 403) << "rules that she does not hold";
  EXPECT_EQ(cluster.api
                .send("PATCH", cat(here, "roles/r"), std::string(label),
                      {{"content-type", "application/merge-patch+json"}})
                .status,
            200);
  EXPECT_EQ(patch(R"({"metadata":{"labels":null,"finalizers":null}})"), 403);
}

TEST_F(Escalation, a_role_is_bound_by_who_holds_its_rules_or_may_bind_it) {
  cluster.make(cat(here, "roles"), role("r", read_secrets));
  const auto path = cat(here, "rolebindings");
  EXPECT_THAT(alice_posts(path, binding("b", "Role", "r")).at("message"),
              HasSubstr("Resources:[\"secrets\"]"));
  EXPECT_EQ(alice_posts(path, binding("b", "ClusterRole", "cluster-admin")).status, 403);
  EXPECT_EQ(alice_posts(path, binding("b", "ClusterRole", "nosuchrole")).refusal(),
            "404 NotFound clusterroles.rbac.authorization.k8s.io \"nosuchrole\" not found");
  give("binder", R"([{"verbs":["bind"],"apiGroups":["rbac.authorization.k8s.io"],
                      "resources":["roles"],"resourceNames":["r"]}])");
  EXPECT_EQ(alice_posts(path, binding("b", "Role", "r")).status, 201);
  EXPECT_EQ(alice_posts(path, binding("c", "ClusterRole", "system:aggregate-to-view")).status, 403);
  give("reader", read_secrets);
  EXPECT_EQ(alice_posts(path, binding("d", "Role", "reader")).status, 201);
}

TEST_F(Escalation, to_collect_others_takes_everything) {
  const std::string collector = R"({"metadata":{"name":"c"},"aggregationRule":
      {"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}})";
  give_everywhere("much", R"([{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}])");
  // With "*" she may escalate, too.
  EXPECT_EQ(alice_posts(cat(group, "clusterroles"), collector).status, 201);
  const token::UserInfo bob{
      .username = "bob", .uid = {}, .groups = {"system:authenticated"}, .extra = {}};
  const auto refused = as(bob, "PUT", cat(group, "clusterroles/c"), collector);
  EXPECT_EQ(refused.status, 200) << "nothing changes";
  EXPECT_THAT(as(bob, "PUT", cat(group, "clusterroles/c"), role("c", "[]")).at("message"),
              HasSubstr("{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}\n"
                        "{NonResourceURLs:[\"*\"], Verbs:[\"*\"]}"));
}

TEST_F(Escalation, to_bind_is_a_right_where_the_binding_is) {
  give("binder", R"([{"verbs":["bind"],"apiGroups":["rbac.authorization.k8s.io"],
                      "resources":["clusterroles"]}])");
  EXPECT_EQ(
      alice_posts(cat(here, "rolebindings"), binding("b", "ClusterRole", "cluster-admin")).status,
      201);
  EXPECT_EQ(
      alice_posts(cat(group, "clusterrolebindings"), binding("b", "ClusterRole", "cluster-admin"))
          .status,
      403);
}

// A few kilobytes that would be a billion combinations, and a few that would be gigabytes of text.
TEST_F(Escalation, rules_that_explode_are_refused_before_they_do) {
  const auto list = [](std::string_view prefix, int count) {
    std::string out = "[";
    for (int i = 0; i < count; ++i) append(out, i == 0 ? "\"" : ",\"", prefix, i, '"');
    return out + "]";
  };
  const auto bomb = cat(R"([{"verbs":)", list("v", 1000), R"(,"apiGroups":)", list("g", 1000),
                        R"(,"resources":)", list("r", 1000), "}]");
  EXPECT_THAT(alice_posts(cat(here, "roles"), role("bomb", bomb)).at("message"),
              HasSubstr("combine too many"));
  const auto wide = cat(R"([{"verbs":)", list("v", 10'000), R"(,"apiGroups":[""],"resources":[")",
                        std::string(30'000, 'r'), "\"]}]");
  EXPECT_THAT(alice_posts(cat(here, "roles"), role("wide", wide)).at("message"),
              HasSubstr("combine too many"));
  const auto many = cat(R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"],)",
                        R"("resourceNames":)", list("n", 19'000), "}]");
  const auto told = alice_posts(cat(here, "roles"), role("many", many));
  EXPECT_EQ(told.status, 403);
  EXPECT_LT(told.body.size(), 100'000U) << "cut";
  give_everywhere("all", R"([{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}])");
  EXPECT_EQ(alice_posts(cat(here, "roles"), role("bomb", bomb)).status, 201) << "holds it whole";
}

}  // namespace
}  // namespace signet::access
