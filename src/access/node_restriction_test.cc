#include "access/node_restriction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view pods = "/api/v1/namespaces/default/pods";

class NodeRestriction : public testing::Test {
 protected:
  Cluster cluster;
  const std::string n1 = cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");

  std::string merge(std::string_view path, std::string body, std::string_view node = "n1") {
    return answer(cluster.as_node("PATCH", path, std::move(body), node,
                                  {{"content-type", "application/merge-patch+json"}}));
  }
  static std::string answer(const fixture::Reply& reply) {
    return reply.status < 300 ? "yes" : reply.refusal();
  }
  std::string mirror(std::string_view owners, std::string_view spec = R"(,"nodeName":"n1")") {
    return answer(cluster.as_node(
        "POST", pods,
        Cluster::pod_json("m", spec,
                          cat(R"(,"annotations":{"kubernetes.io/config.mirror":"x"})",
                              R"(,"ownerReferences":[)", owners, "]"))));
  }
  std::string owner(std::string_view more = R"(,"controller":true)", std::string_view uid = "",
                    std::string_view name = "n1") {
    return cat(R"({"apiVersion":"v1","kind":"Node","name":")", name, R"(","uid":")",
               uid.empty() ? std::string_view(n1) : uid, '"', more, '}');
  }
};

TEST_F(NodeRestriction, a_node_writes_itself_and_no_other) {
  cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n2"}})");
  EXPECT_EQ(merge("/api/v1/nodes/n1", R"({"metadata":{"annotations":{"a":"b"}}})"), "yes");
  EXPECT_EQ(
      merge("/api/v1/nodes/n2", R"({"metadata":{"annotations":{"a":"b"}}})"),
      R"(403 Forbidden nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2")");
  EXPECT_EQ(answer(cluster.as_node("POST", "/api/v1/nodes", R"({"metadata":{"name":"n3"}})", "n3")),
            "yes");
  EXPECT_THAT(
      answer(cluster.as_node("POST", "/api/v1/nodes", R"({"metadata":{"name":"n5"}})", "n4")),
      HasSubstr(R"(node "n4" is not allowed to modify node "n5")"));
  EXPECT_THAT(answer(cluster.as_node("POST", "/api/v1/nodes",
                                     R"({"metadata":{"generateName":"n4"}})", "n4")),
              StartsWith("403 Forbidden"))
      << "what is drawn is another name";
}

TEST_F(NodeRestriction, a_node_sets_only_labels_that_are_its_own_to_set) {
  EXPECT_EQ(
      merge("/api/v1/nodes/n1",
            R"({"metadata":{"labels":{"node-restriction.kubernetes.io/a":"x"}}})"),
      R"(403 Forbidden nodes "n1" is forbidden: node "n1" is not allowed to modify labels: node-restriction.kubernetes.io/a)");
  EXPECT_THAT(merge("/api/v1/nodes/n1",
                    R"({"metadata":{"labels":{"z.k8s.io/b":"x","node-role.kubernetes.io/m":""}}})"),
              HasSubstr("modify labels: node-role.kubernetes.io/m, z.k8s.io/b"));
  EXPECT_EQ(merge("/api/v1/nodes/n1",
                  R"({"metadata":{"labels":{"kubernetes.io/hostname":"h","mine":"x",)"
                  R"("topology.kubernetes.io/zone":"z","a.node.kubernetes.io/b":"c"}}})"),
            "yes");
  EXPECT_THAT(answer(cluster.as_node(
                  "POST", "/api/v1/nodes",
                  R"({"metadata":{"name":"n3","labels":{"x.kubernetes.io/a":"b"}}})", "n3")),
              HasSubstr("is not allowed to set the following labels: x.kubernetes.io/a"));
  EXPECT_EQ(cluster.api
                .patch("/api/v1/nodes/n1", "merge-patch",
                       R"({"metadata":{"labels":{"x.kubernetes.io/a":"b"}}})")
                .status,
            200);
  EXPECT_THAT(merge("/api/v1/nodes/n1", R"({"metadata":{"labels":{"x.kubernetes.io/a":null}}})"),
              HasSubstr("is not allowed to modify labels: x.kubernetes.io/a"));
}

TEST_F(NodeRestriction, taints_and_owners_are_not_the_nodes_business) {
  EXPECT_THAT(
      merge("/api/v1/nodes/n1", R"({"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}})"),
      HasSubstr(R"(node "n1" is not allowed to modify taints)"));
  EXPECT_THAT(
      merge(
          "/api/v1/nodes/n1",
          R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"X","name":"x","uid":"u"}]}})"),
      HasSubstr(R"(node "n1" is not allowed to modify ownerReferences)"));
}

TEST_F(NodeRestriction, a_node_makes_only_mirror_pods_of_its_own) {
  EXPECT_EQ(mirror(owner()), "yes");
  EXPECT_THAT(answer(cluster.as_node("POST", pods, Cluster::pod_json("m", R"(,"nodeName":"n1")"))),
              HasSubstr(R"(pod does not have "kubernetes.io/config.mirror" annotation, node "n1" )"
                        "can only create mirror pods"));
  EXPECT_THAT(mirror(owner(), R"(,"nodeName":"n2")"),
              HasSubstr(R"(node "n1" can only create pods with spec.nodeName set to itself)"));
  EXPECT_THAT(mirror(""), HasSubstr("with an owner reference set to itself"));
  EXPECT_THAT(mirror(owner(R"(,"controller":true)", "", "n2")),
              HasSubstr("with an owner reference set to itself"));
  EXPECT_THAT(mirror(cat(owner(), ',', owner(""))),
              HasSubstr("with a single owner reference set to itself"));
  EXPECT_THAT(mirror(owner("")), HasSubstr("with a controller owner reference set to itself"));
  EXPECT_THAT(mirror(owner(R"(,"controller":true,"blockOwnerDeletion":true)")),
              HasSubstr(R"(node "n1" must not set blockOwnerDeletion on an owner reference)"));
  EXPECT_THAT(mirror(owner(R"(,"controller":true)", "other")),
              HasSubstr(cat("node n1 UID mismatch: expected other got ", n1)));
}

TEST_F(NodeRestriction, what_a_node_makes_refers_to_nothing_it_could_read_by_it) {
  EXPECT_THAT(mirror(owner(), R"(,"nodeName":"n1","serviceAccountName":"a")"),
              HasSubstr(R"(node "n1" can not create pods that reference a service account)"));
  EXPECT_THAT(mirror(owner(), R"(,"nodeName":"n1","imagePullSecrets":[{"name":"s"}])"),
              HasSubstr("can not create pods that reference secrets"));
  EXPECT_THAT(
      mirror(owner(), R"(,"nodeName":"n1","volumes":[{"name":"v","configMap":{"name":"s"}}])"),
      HasSubstr("can not create pods that reference configmaps"));
  EXPECT_THAT(mirror(owner(), R"(,"nodeName":"n1","volumes":[{"name":"v",)"
                              R"("persistentVolumeClaim":{"claimName":"s"}}])"),
              HasSubstr("can not create pods that reference persistentvolumeclaims"));
}

TEST_F(NodeRestriction, a_node_deletes_and_reports_its_own_pods) {
  cluster.pod("mine", R"(,"nodeName":"n1")", R"(,"labels":{"a":"b"})");
  cluster.pod("other", R"(,"nodeName":"n2")");
  const auto status = R"({"status":{"phase":"Running"}})";
  EXPECT_EQ(merge(cat(pods, "/mine/status"), status), "yes");
  EXPECT_THAT(merge(cat(pods, "/other/status"), status),
              HasSubstr(R"(node "n1" can only update pod status for pods with spec.nodeName set )"
                        "to itself"));
  EXPECT_THAT(merge(cat(pods, "/mine/status"), R"({"metadata":{"labels":{"a":"c"}}})"),
              HasSubstr(R"(node "n1" cannot update labels through pod status)"));
  EXPECT_THAT(merge(cat(pods, "/mine"), R"({"metadata":{"labels":{"a":"c"}}})"),
              HasSubstr(R"(unexpected operation "UPDATE", node "n1" can only create and delete )"
                        "mirror pods"));
  EXPECT_THAT(answer(cluster.as_node("DELETE", cat(pods, "/other"), "")),
              HasSubstr(R"(node "n1" can only delete pods with spec.nodeName set to itself)"));
  EXPECT_EQ(answer(cluster.as_node("DELETE", cat(pods, "/mine"), "")), "yes");
}

TEST_F(NodeRestriction, others_are_not_restricted) {
  EXPECT_EQ(cluster.api
                .patch("/api/v1/nodes/n1", "merge-patch",
                       R"({"metadata":{"labels":{"node-restriction.kubernetes.io/a":"x"}}})")
                .status,
            200);
}

// What restrict_node_token says to node n1; "yes" when it agrees.
class NodeToken : public NodeRestriction {
 protected:
  const std::string projected =
      cluster
          .pod("p", R"(,"nodeName":"n1","volumes":[{"name":"v","projected":)"
                    R"({"sources":[{"serviceAccountToken":)"
                    R"({"path":"t","audience":"vault"}}]}}])")
          .at("metadata.uid");
  const std::string foreign = cluster.pod("q", R"(,"nodeName":"n2")").at("metadata.uid");

  std::string ask(std::optional<identity::BoundObjectRef> bound,
                  std::vector<std::string> audiences = {},
                  const token::UserInfo& user = fixture::node_user()) {
    const auto snapshot = cluster.api.view().current();
    const auto done = restrict_node_token({.user = user,
                                           .ns = "default",
                                           .account = "default",
                                           .audiences = audiences,
                                           .bound = bound,
                                           .snapshot = *snapshot});
    return done ? "yes" : done.error().message;
  }
  static identity::BoundObjectRef pod(std::string name, std::string uid) {
    return {.kind = "Pod", .api_version = "v1", .name = std::move(name), .uid = std::move(uid)};
  }
};

TEST_F(NodeToken, is_bound_to_a_pod_of_the_node) {
  constexpr std::string_view head = R"(serviceaccounts "default" is forbidden: )";
  EXPECT_EQ(ask(pod("p", projected)), "yes");
  const auto not_bound = cat(head, "node requested token not bound to a pod");
  EXPECT_EQ(ask(std::nullopt), not_bound);
  auto secret = pod("p", projected);
  secret.kind = "Secret";
  EXPECT_EQ(ask(secret), not_bound);
  auto other_version = pod("p", projected);
  other_version.api_version = "";
  EXPECT_EQ(ask(other_version), not_bound);
  EXPECT_EQ(ask(pod("", "")), not_bound);
  EXPECT_EQ(ask(pod("p", "")), cat(head, "node requested token with a pod binding without a uid"));
  EXPECT_EQ(ask(pod("nosuch", "u")), R"(pods "nosuch" not found)");
  EXPECT_EQ(ask(pod("p", "wrong")),
            cat(head,
                "the UID in the bound object reference (wrong) does not match the UID in "
                "record. The object might have been deleted and then recreated"));
  EXPECT_EQ(ask(pod("q", foreign)),
            cat(head, "node requested token bound to a pod scheduled on a different node"));
}

TEST_F(NodeToken, is_for_one_audience_that_the_pod_projects) {
  EXPECT_EQ(ask(pod("p", projected), {"vault"}), "yes");
  EXPECT_EQ(ask(pod("p", projected), {"vault", "api"}),
            R"(serviceaccounts "default" is forbidden: node may only request 0 or 1 audiences)");
  EXPECT_EQ(
      ask(pod("p", projected), {"other"}),
      R"(serviceaccounts "default" is forbidden: audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience)");
}

TEST_F(NodeToken, of_anybody_else_is_not_restricted) {
  EXPECT_EQ(ask(std::nullopt, {"a", "b"}, fixture::ApiFixture::admin()), "yes");
}

}  // namespace
}  // namespace signet::access
