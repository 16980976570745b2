#include "control/role_aggregation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using testing::HasSubstr;

constexpr std::string_view roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";

class Aggregation : public testing::Test {
 protected:
  void role(std::string_view name, std::string_view labels, std::string_view resource) {
    cluster.make(roles, cat(R"({"metadata":{"name":")", name, R"(","labels":{)", labels,
                            R"(}},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":[")",
                            resource, "\"]}]}"));
  }
  void collector(std::string_view name, std::string_view selectors, std::string_view labels = "") {
    cluster.make(roles, cat(R"({"metadata":{"name":")", name, R"(","labels":{)", labels,
                            R"(}},"aggregationRule":{"clusterRoleSelectors":[)", selectors, "]}}"));
  }
  // The resources in the rules of a role, in their order.
  std::string resources(std::string_view name) {
    std::string out;
    const auto object = cluster.api.get(cat(roles, '/', name)).json();
    for (const auto& rule : kinds::policy_rules(object)) {
      if (rule.resources.empty()) continue;
      append(out, out.empty() ? "" : " ", rule.resources.front());
    }
    return out;
  }
  void until(std::string_view name, std::string_view wanted) {
    cluster.until(roles, [&] { return resources(name) == wanted; });
  }

  fixture::Cluster cluster;
};

TEST_F(Aggregation, is_the_union_in_the_order_of_selectors_and_names) {
  role("z", R"("a":"1")", "pods");
  role("b", R"("a":"1")", "secrets");
  role("c", R"("a":"2")", "nodes");
  role("d", R"("a":"2")", "pods");
  cluster.start_controllers();
  collector("all", R"({"matchLabels":{"a":"2"}},{"matchLabels":{"a":"1"}})");
  until("all", "nodes pods secrets");
}

TEST_F(Aggregation, follows_the_roles_that_it_collects) {
  cluster.start_controllers();
  collector("all", R"({"matchExpressions":[{"key":"a","operator":"In","values":["1","2"]},
                                            {"key":"off","operator":"DoesNotExist"}]})");
  role("one", R"("a":"1")", "pods");
  until("all", "pods");
  role("two", R"("a":"2")", "secrets");
  until("all", "pods secrets");
  role("three", R"("a":"2","off":"")", "nodes");
  EXPECT_EQ(cluster.api.send("DELETE", cat(roles, "/one"), "").status, 200);
  until("all", "secrets");
}

TEST_F(Aggregation, passes_through_collectors_that_are_collected) {
  cluster.start_controllers();
  collector("top", R"({"matchLabels":{"to":"top"}})");
  collector("middle", R"({"matchLabels":{"to":"middle"}})", R"("to":"top")");
  role("leaf", R"("to":"middle")", "pods");
  until("top", "pods");
}

TEST_F(Aggregation, of_everything_does_not_collect_itself) {
  role("one", "", "pods");
  cluster.start_controllers();
  collector("all", "{}");
  cluster.until(roles, [&] { return resources("all").find("pods") != std::string::npos; });
}

// Each would take over what another one had before, round and round.
TEST_F(Aggregation, of_collectors_that_collect_one_another_ends) {
  const auto stale = [&](std::string_view name, std::string_view next, std::string_view to) {
    cluster.make(roles,
                 cat(R"({"metadata":{"name":")", name, R"(","labels":{"to":")", to,
                     R"("}},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":[")", name,
                     R"("]}],"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":
                            {"to":")",
                     next, "\"}}]}}"));
  };
  stale("one", "b", "a");
  stale("three", "a", "c");
  stale("two", "c", "b");
  role("leaf", R"("to":"c")", "pods");
  cluster.start_controllers();
  until("view", resources("system:aggregate-to-view"));
  cluster.until(roles, [&] {
    return resources("admin").find("localsubjectaccessreviews") != std::string::npos;
  });
  for (const auto* name : {"one", "two", "three"}) until(name, "pods");
  const auto before = cluster.api.view().current()->revision();
  role("other", R"("to":"c")", "secrets");
  for (const auto* name : {"one", "two", "three"}) until(name, "pods secrets");
  EXPECT_EQ(cluster.api.view().current()->revision(), before + 4) << "the role and each collector";
}

TEST_F(Aggregation, takes_each_rule_once_whoever_has_it) {
  role("a", R"("a":"1")", "pods");
  role("b", R"("a":"1")", "pods");
  role("c", R"("a":"1")", "secrets");
  cluster.start_controllers();
  collector("all", R"({"matchLabels":{"a":"1"}},{"matchExpressions":[{"key":"a",
                       "operator":"Exists"}]})");
  until("all", "pods secrets");
}

TEST_F(Aggregation, knows_expressions_with_empty_values_and_what_is_not_in_them) {
  role("empty", R"("a":"")", "pods");
  role("one", R"("a":"1")", "secrets");
  role("none", R"("b":"1")", "nodes");
  cluster.start_controllers();
  collector("in", R"({"matchExpressions":[{"key":"a","operator":"In","values":["","x"]}]})");
  until("in", "pods");
  collector("not-in", R"({"matchLabels":{},"matchExpressions":[{"key":"a","operator":"Exists"},
                          {"key":"a","operator":"NotIn","values":["1"]}]})");
  until("not-in", "pods");
}

TEST_F(Aggregation, is_there_before_anybody_asks_after_a_start) {
  cluster.start_controllers();
  until("view", resources("system:aggregate-to-view"));
  cluster.until(roles, [&] {
    return resources("admin").find("localsubjectaccessreviews") != std::string::npos &&
           resources("admin").find("configmaps") != std::string::npos;
  });
}

TEST_F(Aggregation, ends_where_a_role_stops_to_collect) {
  role("one", R"("a":"1")", "pods");
  cluster.start_controllers();
  collector("all", R"({"matchLabels":{"a":"1"}})");
  until("all", "pods");
  const auto narrowed =
      cluster.api.send("PATCH", cat(roles, "/all"), R"({"aggregationRule":null,"rules":[]})",
                       {{"content-type", "application/merge-patch+json"}});
  EXPECT_EQ(narrowed.status, 200) << narrowed.body;
  role("two", R"("a":"1")", "secrets");
  collector("other", R"({"matchLabels":{"a":"1"}})");
  until("other", "pods secrets");
  EXPECT_EQ(resources("all"), "");
}

}  // namespace
}  // namespace signet::control
