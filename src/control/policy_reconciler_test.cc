#include "control/policy_reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
constexpr std::string_view bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

class Policy : public testing::Test {
 protected:
  Policy() { cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"kube-system"}})"); }

  void reconcile() {
    const auto done =
        cluster.api.thread().await([&] { return reconcile_policy(&cluster.api.api()); });
    EXPECT_TRUE(done) << done.error().message;
  }
  std::string at(std::string_view path, std::string_view member) {
    return cluster.api.get(path).at(member);
  }
  void patch(std::string_view path, std::string body) {
    const auto reply = cluster.api.send("PATCH", path, std::move(body),
                                        {{"content-type", "application/merge-patch+json"}});
    EXPECT_EQ(reply.status, 200) << reply.body;
  }
  machinery::Revision revision() { return cluster.api.view().current()->revision(); }

  fixture::Cluster cluster;
};

TEST_F(Policy, is_there_after_a_first_start_and_written_only_then) {
  reconcile();
  EXPECT_THAT(at(cat(bindings, "/cluster-admin"), "subjects"), HasSubstr("system:masters"));
  for (const auto& object : access::bootstrap_policy()) {
    const auto& labels = codec::object_at(object.json, "metadata.labels");
    EXPECT_TRUE(labels.contains("kubernetes.io/bootstrapping"));
  }
  const auto before = revision();
  reconcile();
  EXPECT_EQ(revision(), before);
}

TEST_F(Policy, gets_back_what_is_missing_and_keeps_what_was_added) {
  reconcile();
  const auto role = cat(roles, "/system:discovery");
  patch(role, R"({"metadata":{"labels":null},"rules":[
                  {"verbs":["get"],"nonResourceURLs":["/api*","/mine"]}]})");
  patch(cat(bindings, "/system:discovery"),
        R"({"subjects":[{"kind":"User","name":"alice","apiGroup":"rbac.authorization.k8s.io"}]})");
  reconcile();
  EXPECT_THAT(at(role, "metadata.labels"), HasSubstr("rbac-defaults"));
  EXPECT_THAT(at(role, "rules"), HasSubstr("/mine"));
  EXPECT_THAT(at(role, "rules"), HasSubstr("/healthz"));
  EXPECT_THAT(at(role, "rules"), Not(HasSubstr("\"/apis/*\""))) << "covered already";
  EXPECT_THAT(at(cat(bindings, "/system:discovery"), "subjects"), HasSubstr("alice"));
  EXPECT_THAT(at(cat(bindings, "/system:discovery"), "subjects"),
              HasSubstr("system:authenticated"));
}

TEST_F(Policy, comes_back_where_it_was_deleted) {
  reconcile();
  EXPECT_EQ(cluster.api.send("DELETE", cat(bindings, "/cluster-admin"), "").status, 200);
  reconcile();
  EXPECT_EQ(cluster.api.get(cat(bindings, "/cluster-admin")).status, 200);
}

TEST_F(Policy, leaves_alone_what_says_so) {
  reconcile();
  const auto role = cat(roles, "/system:discovery");
  patch(role,
        R"({"metadata":{"annotations":{"rbac.authorization.kubernetes.io/autoupdate":"false"}},
                  "rules":[]})");
  reconcile();
  EXPECT_EQ(at(role, "rules"), "null");
}

TEST_F(Policy, binds_anew_what_was_bound_to_another_role) {
  cluster.make(bindings, R"({"metadata":{"name":"system:discovery"},
      "roleRef":{"kind":"ClusterRole","name":"other"},"subjects":[{"kind":"User","name":"x"}]})");
  reconcile();
  const auto binding = cat(bindings, "/system:discovery");
  EXPECT_EQ(at(binding, "roleRef.name"), "system:discovery");
  EXPECT_THAT(at(binding, "subjects"), Not(HasSubstr("\"x\"")));
}

TEST_F(Policy, of_readers_has_no_secrets) {
  reconcile();
  EXPECT_THAT(at(cat(roles, "/system:aggregate-to-view"), "rules"), Not(HasSubstr("secrets")));
  EXPECT_THAT(at(cat(roles, "/system:aggregate-to-view"), "rules"),
              Not(HasSubstr("rbac.authorization.k8s.io")));
  EXPECT_THAT(at(cat(roles, "/system:aggregate-to-edit"), "rules"),
              HasSubstr("serviceaccounts/token"));
}

}  // namespace
}  // namespace signet::control
