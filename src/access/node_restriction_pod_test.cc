#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/node_restriction_fixture_for_tests.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using fixture::pods;
using testing::HasSubstr;

class NodePods : public fixture::NodeRestrictionTest {
 protected:
  std::string mirror(std::string_view owners, std::string_view spec = R"(,"nodeName":"n1")") {
    return post(pods, Cluster::pod_json("m", spec,
                                        cat(R"(,"annotations":{"kubernetes.io/config.mirror":"x"})",
                                            R"(,"ownerReferences":[)", owners, "]")));
  }
  // A mirror pod that is right but for what it names.
  std::string naming(std::string_view spec) {
    return mirror(owner(), cat(R"(,"nodeName":"n1")", spec));
  }
  std::string owner(std::string_view more = R"(,"controller":true)", std::string_view uid = "",
                    std::string_view name = "n1") {
    return cat(R"({"apiVersion":"v1","kind":"Node","name":")", name, R"(","uid":")",
               uid.empty() ? std::string_view(n1) : uid, '"', more, '}');
  }
};

TEST_F(NodePods, are_mirrors_of_its_own) {
  EXPECT_EQ(mirror(owner()), "yes");
  EXPECT_EQ(post(pods, Cluster::pod_json("m", R"(,"nodeName":"n1")")),
            R"(403 Forbidden pods "m" is forbidden: pod does not have )"
            R"("kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods)");
  EXPECT_THAT(mirror(owner(), R"(,"nodeName":"n2")"),
              HasSubstr(R"(node "n1" can only create pods with spec.nodeName set to itself)"));
  EXPECT_THAT(mirror(owner(), ""),
              HasSubstr(R"(node "n1" can only create pods with spec.nodeName set to itself)"));
}

TEST_F(NodePods, have_the_node_as_their_one_owner) {
  constexpr std::string_view itself =
      R"(node "n1" can only create pods with an owner reference set to itself)";
  EXPECT_THAT(mirror(""), HasSubstr(itself));
  EXPECT_THAT(mirror(owner(R"(,"controller":true)", "", "n2")), HasSubstr(itself));
  EXPECT_THAT(mirror(R"({"apiVersion":"v2","kind":"Node","name":"n1","uid":"u"})"),
              HasSubstr(itself));
  EXPECT_THAT(mirror(R"({"apiVersion":"v1","kind":"Pod","name":"n1","uid":"u"})"),
              HasSubstr(itself));
  EXPECT_THAT(
      mirror(cat(owner(), ',', owner(""))),
      HasSubstr(R"(node "n1" can only create pods with a single owner reference set to itself)"));
  EXPECT_THAT(
      mirror(owner("")),
      HasSubstr(
          R"(node "n1" can only create pods with a controller owner reference set to itself)"));
  EXPECT_THAT(mirror(owner(R"(,"controller":true,"blockOwnerDeletion":true)")),
              HasSubstr(R"(node "n1" must not set blockOwnerDeletion on an owner reference)"));
  EXPECT_THAT(mirror(owner(R"(,"controller":true)", "other")),
              HasSubstr(cat("node n1 UID mismatch: expected other got ", n1)));
  cluster.api.del("/api/v1/nodes/n1");
  EXPECT_EQ(mirror(owner()), R"(404 NotFound nodes "n1" not found)");
}

TEST_F(NodePods, name_nothing_that_the_node_could_read_by_it) {
  EXPECT_THAT(naming(R"(,"volumes":[{"name":"v","configMap":{"name":"s"}}])"),
              HasSubstr(R"(node "n1" can not create pods that reference configmaps)"));
  EXPECT_THAT(naming(R"(,"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"s"}}])"),
              HasSubstr(R"(node "n1" can not create pods that reference persistentvolumeclaims)"));
  // ServiceAccount admission comes first and refuses these of everybody.
  EXPECT_THAT(naming(R"(,"serviceAccountName":"a")"),
              HasSubstr("a mirror pod may not reference service accounts"));
  EXPECT_THAT(naming(R"(,"imagePullSecrets":[{"name":"s"}])"),
              HasSubstr("a mirror pod may not reference secrets"));
  EXPECT_THAT(naming(R"(,"volumes":[{"name":"v","projected":{"sources":[{"clusterTrustBundle":)"
                     R"({"name":"b","path":"p"}}]}}])"),
              HasSubstr("a mirror pod may not use ClusterTrustBundle volume projections"));
}

TEST_F(NodePods, are_reported_on_where_they_run) {
  cluster.pod("mine", R"(,"nodeName":"n1")", R"(,"labels":{"a":"b"})");
  cluster.pod("other", R"(,"nodeName":"n2")");
  cluster.pod("unbound");
  const auto status = R"({"status":{"phase":"Running"}})";
  constexpr std::string_view itself =
      R"(node "n1" can only update pod status for pods with spec.nodeName set to itself)";
  EXPECT_EQ(merge(cat(pods, "/mine/status"), status), "yes");
  EXPECT_EQ(merge(cat(pods, "/other/status"), status),
            cat(R"(403 Forbidden pods "other" is forbidden: )", itself));
  EXPECT_THAT(merge(cat(pods, "/unbound/status"), status), HasSubstr(itself));
  EXPECT_THAT(merge(cat(pods, "/mine/status"), R"({"metadata":{"labels":{"a":"c"}}})"),
              HasSubstr(R"(node "n1" cannot update labels through pod status)"));
  EXPECT_THAT(merge(cat(pods, "/mine/status"), R"({"metadata":{"labels":null}})"),
              HasSubstr(R"(node "n1" cannot update labels through pod status)"));
  EXPECT_THAT(merge(cat(pods, "/mine/status"), R"({"status":{"resourceClaimStatuses":[)"
                                               R"({"name":"c","resourceClaimName":"d"}]}})"),
              HasSubstr(R"(node "n1" cannot update resource claim statues)"));
}

TEST_F(NodePods, are_not_changed_otherwise) {
  cluster.pod("mine", R"(,"nodeName":"n1")");
  EXPECT_EQ(merge(cat(pods, "/mine"), R"({"metadata":{"labels":{"a":"c"}}})"),
            R"(403 Forbidden pods "mine" is forbidden: unexpected operation "UPDATE", node "n1" )"
            "can only create and delete mirror pods");
}

TEST_F(NodePods, are_deleted_and_evicted_where_they_run) {
  cluster.pod("mine", R"(,"nodeName":"n1")");
  cluster.pod("other", R"(,"nodeName":"n2")");
  EXPECT_EQ(remove(cat(pods, "/other")),
            R"(403 Forbidden pods "other" is forbidden: node "n1" can only delete pods with )"
            "spec.nodeName set to itself");
  EXPECT_EQ(remove(cat(pods, "/mine")), "yes");

  const auto user = fixture::node_user();
  codec::Json body = codec::JsonObject{};
  const auto act = [&](std::string_view subresource, std::string_view name) {
    return cluster.admit({.operation = machinery::Operation::create,
                          .kind = &kinds::pod,
                          .subresource = subresource,
                          .namespace_name = "default",
                          .name = name,
                          .object = &body,
                          .old_object = nullptr,
                          .user = &user,
                          .warnings = nullptr});
  };
  EXPECT_EQ(act("eviction", "mine"), "yes");
  EXPECT_EQ(act("eviction", "other"),
            R"(pods "other" is forbidden: node n1 can only evict pods with spec.nodeName set to )"
            "itself");
  EXPECT_EQ(act("eviction", "nosuch"), R"(pods "nosuch" not found)");
  EXPECT_EQ(act("binding", "mine"),
            R"(pods "mine" is forbidden: unexpected pod subresource "binding", only 'status' and )"
            "'eviction' are allowed");
}

}  // namespace
}  // namespace signet::access
