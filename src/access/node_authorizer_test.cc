#include "access/node_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using fixture::node_user;

constexpr std::string_view pods = "/api/v1/namespaces/default/pods";
constexpr std::string_view unrelated = "no relationship found between node 'n1' and this object";

struct Row {
  std::string_view method;
  std::string_view target;
  std::string_view answer;  // "yes", or the reason of the refusal
};

class NodeAuthorizer : public testing::Test {
 protected:
  Cluster cluster;

  std::string decide(const token::UserInfo& user, std::string_view method,
                     std::string_view target) {
    const auto mark = std::min(target.find('?'), target.size());
    const auto query = target.substr(std::min(mark + 1, target.size()));
    const auto info = machinery::RequestInfo::parse(method, target.substr(0, mark), query);
    EXPECT_TRUE(info) << target;
    if (!info) return "(no request)";
    const auto decision = authorize_node(user, *info, *cluster.api.view().current());
    return decision.allowed ? "yes" : decision.reason;
  }
  std::string node(std::string_view method, std::string_view target, std::string_view name = "n1") {
    return decide(node_user(name), method, target);
  }
  void expect(std::span<const Row> rows) {
    for (const auto& [method, target, answer] : rows) {
      EXPECT_EQ(node(method, target), answer) << method << ' ' << target;
    }
  }
  // A pod on n1 with this in its spec.
  void run(std::string_view name, std::string_view spec, std::string_view metadata = "") {
    const auto made = cluster.pod(name, cat(R"(,"nodeName":"n1")", spec), metadata);
    ASSERT_EQ(made.status, 201) << made.body;
  }
};

TEST_F(NodeAuthorizer, a_node_is_name_and_group_together) {
  const auto user = [](std::string name, std::string group) {
    return token::UserInfo{
        .username = std::move(name), .uid = {}, .groups = {std::move(group)}, .extra = {}};
  };
  EXPECT_EQ(node_of(node_user("n1")), "n1");
  EXPECT_EQ(node_of(user("system:node:", "system:nodes")), "");
  EXPECT_FALSE(node_of(user("system:node:n1", "system:authenticated")));
  EXPECT_FALSE(node_of(user("n1", "system:nodes")));
  EXPECT_FALSE(node_of(user("system:nodes:n1", "system:nodes")));
  EXPECT_FALSE(node_of(user("SYSTEM:NODE:n1", "system:nodes")));
  constexpr std::string_view own = "/api/v1/nodes/n1";
  EXPECT_EQ(decide(user("system:node:", "system:nodes"), "GET", own),
            R"(unknown node for user "system:node:")");
  EXPECT_EQ(decide(user("system:node:n1", "system:authenticated"), "GET", own), "");
  EXPECT_EQ(decide(user("n1", "system:nodes"), "GET", own), "");
}

TEST_F(NodeAuthorizer, secrets_and_config_maps_are_read_by_name_while_a_pod_needs_them) {
  run("p", R"(,"volumes":[{"name":"v","secret":{"secretName":"s"}},)"
           R"({"name":"w","projected":{"sources":[{"configMap":{"name":"cm"}}]}}])");
  constexpr Row rows[] = {
      {"GET", "/api/v1/namespaces/default/secrets/s", "yes"},
      {"GET", "/api/v1/namespaces/default/configmaps/cm", "yes"},
      {"GET", "/api/v1/namespaces/default/configmaps/kube-root-ca.crt", "yes"},
      {"GET", "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name=s", "yes"},
      {"GET", "/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name=cm",
       "yes"},
      {"GET", "/api/v1/namespaces/default/secrets/cm", unrelated},
      {"GET", "/api/v1/namespaces/default/configmaps/s", unrelated},
      {"GET", "/api/v1/namespaces/other/secrets/s", unrelated},
      {"GET", "/api/v1/namespaces/default/secrets", "No Object name found"},
      {"GET", "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name!=x",
       "No Object name found"},
      {"GET", "/api/v1/secrets", "can only read namespaced object of this type"},
      {"GET", "/api/v1/secrets?fieldSelector=metadata.name=s",
       "can only read namespaced object of this type"},
      {"GET", "/api/v1/namespaces/default/secrets/s/x", "cannot read subresource"},
      {"DELETE", "/api/v1/namespaces/default/secrets/s", "can only read resources of this type"},
      {"DELETE", "/api/v1/namespaces/default/secrets", "can only read resources of this type"},
      {"POST", "/api/v1/namespaces/default/configmaps", "can only read resources of this type"},
      {"PATCH", "/api/v1/namespaces/default/configmaps/cm", "can only read resources of this type"},
      {"GET", "/apis/x/v1/namespaces/default/secrets/s", ""},
  };
  expect(rows);
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s", "n2"),
            "no relationship found between node 'n2' and this object");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s", "n"),
            "no relationship found between node 'n' and this object");
  cluster.api.del(cat(pods, "/p"), R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s"), unrelated);
}

TEST_F(NodeAuthorizer, every_way_of_naming_counts) {
  run("p",
      R"(,"imagePullSecrets":[{"name":"pull"}],"initContainers":[{"name":"i","image":"x",)"
      R"("env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"variable","key":"k"}}}],)"
      R"("envFrom":[{"configMapRef":{"name":"all"}}]}],"volumes":[)"
      R"({"name":"a","csi":{"driver":"d","nodePublishSecretRef":{"name":"plug-in"}}},)"
      R"({"name":"b","persistentVolumeClaim":{"claimName":"claim"}},)"
      R"({"name":"c","ephemeral":{"volumeClaimTemplate":{"spec":{"accessModes":["ReadWriteOnce"],)"
      R"("resources":{"requests":{"storage":"1Gi"}}}}}}])");
  constexpr Row rows[] = {
      {"GET", "/api/v1/namespaces/default/secrets/pull", "yes"},
      {"GET", "/api/v1/namespaces/default/secrets/variable", "yes"},
      {"GET", "/api/v1/namespaces/default/secrets/plug-in", "yes"},
      {"GET", "/api/v1/namespaces/default/configmaps/all", "yes"},
      {"GET", "/api/v1/namespaces/default/persistentvolumeclaims/claim", "yes"},
      {"GET", "/api/v1/namespaces/default/persistentvolumeclaims/p-c", "yes"},
      {"PATCH", "/api/v1/namespaces/default/persistentvolumeclaims/claim/status", "yes"},
      {"GET", "/api/v1/namespaces/default/secrets/claim", unrelated},
      {"GET", "/api/v1/namespaces/default/persistentvolumeclaims/other", unrelated},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, a_pod_opens_nothing_before_it_is_bound) {
  cluster.pod("p", R"(,"imagePullSecrets":[{"name":"s"}])");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s"), unrelated);
  EXPECT_EQ(node("GET", cat(pods, "/p")), unrelated);
  EXPECT_EQ(node("POST", "/api/v1/namespaces/default/serviceaccounts/default/token"), unrelated);
  auto bound = cluster.api.get(cat(pods, "/p")).json();
  codec::make_object_at(bound, "spec")["nodeName"] = "n1";
  const auto done = cluster.api.thread().await([&] {
    return cluster.api.api().amend(
        kinds::pod, "default/p",
        [bound](const codec::Json&) -> machinery::ApiResult<codec::Json> { return bound; });
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s"), "yes");
  EXPECT_EQ(node("GET", cat(pods, "/p")), "yes");
  EXPECT_EQ(node("POST", "/api/v1/namespaces/default/serviceaccounts/default/token"), "yes");
}

TEST_F(NodeAuthorizer, one_of_two_pods_is_enough) {
  run("p", R"(,"imagePullSecrets":[{"name":"s"}])");
  run("q", R"(,"imagePullSecrets":[{"name":"s"}])");
  cluster.api.del(cat(pods, "/p"), R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s"), "yes");
  cluster.api.del(cat(pods, "/q"), R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s"), unrelated);
}

TEST_F(NodeAuthorizer, of_a_mirror_pod_follows_only_that_it_is_seen) {
  cluster.api.admission().next = nullptr;  // as if admission had let it pass
  run("p", R"(,"serviceAccountName":"a","volumes":[{"name":"v","secret":{"secretName":"s"}}])",
      R"(,"annotations":{"kubernetes.io/config.mirror":"x"})");
  constexpr Row rows[] = {
      {"GET", "/api/v1/namespaces/default/pods/p", "yes"},
      {"GET", "/api/v1/namespaces/default/secrets/s", unrelated},
      {"POST", "/api/v1/namespaces/default/serviceaccounts/a/token", unrelated},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, tokens_are_for_accounts_that_its_pods_run_as) {
  cluster.make_account("quiet", R"(,"automountServiceAccountToken":false)");
  run("p", "");
  run("q", R"(,"serviceAccountName":"quiet")");
  constexpr std::string_view account_only =
      "can only create tokens for individual service accounts";
  constexpr std::string_view token_only = "can only create token subresource of serviceaccount";
  constexpr Row rows[] = {
      {"POST", "/api/v1/namespaces/default/serviceaccounts/default/token", "yes"},
      {"POST", "/api/v1/namespaces/default/serviceaccounts/quiet/token", "yes"},
      {"POST", "/api/v1/namespaces/default/serviceaccounts/other/token", unrelated},
      {"POST", "/api/v1/namespaces/other/serviceaccounts/default/token", unrelated},
      {"POST", "/api/v1/namespaces/default/serviceaccounts", account_only},
      {"GET", "/api/v1/namespaces/default/serviceaccounts/default", account_only},
      {"DELETE", "/api/v1/namespaces/default/serviceaccounts/default", account_only},
      {"GET", "/api/v1/namespaces/default/serviceaccounts/default/token", account_only},
      {"POST", "/api/v1/namespaces/default/serviceaccounts/default/other", token_only},
      {"POST", "/api/v1/namespaces/default/serviceaccounts/default", token_only},
  };
  expect(rows);
  EXPECT_EQ(node("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", "n2"),
            "no relationship found between node 'n2' and this object");
}

TEST_F(NodeAuthorizer, a_node_sees_itself_and_writes_what_admission_looks_at) {
  constexpr Row rows[] = {
      {"GET", "/api/v1/nodes/n1", "yes"},
      {"GET", "/api/v1/nodes?fieldSelector=metadata.name=n1", "yes"},
      {"GET", "/api/v1/nodes?watch=true&fieldSelector=metadata.name=n1", "yes"},
      {"POST", "/api/v1/nodes", "yes"},
      {"PUT", "/api/v1/nodes/n1", "yes"},
      {"PATCH", "/api/v1/nodes/n1", "yes"},
      {"PUT", "/api/v1/nodes/n1/status", "yes"},
      {"PATCH", "/api/v1/nodes/n1/status", "yes"},
      {"GET", "/api/v1/nodes/n2", "node 'n1' cannot read 'n2', only its own Node object"},
      {"GET", "/api/v1/nodes?fieldSelector=metadata.name=n2",
       "node 'n1' cannot read 'n2', only its own Node object"},
      {"GET", "/api/v1/nodes", "node 'n1' cannot read all nodes, only its own Node object"},
      {"GET", "/api/v1/nodes?watch=true",
       "node 'n1' cannot read all nodes, only its own Node object"},
      {"DELETE", "/api/v1/nodes/n1", ""},
      {"DELETE", "/api/v1/nodes", ""},
      {"GET", "/api/v1/nodes/n1/status", ""},
      {"GET", "/api/v1/nodes/n1/proxy", ""},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, pods_are_read_one_by_one_or_by_their_node) {
  run("p", "");
  cluster.pod("other", R"(,"nodeName":"n2")");
  constexpr std::string_view selector =
      "can only list/watch pods with spec.nodeName field selector";
  constexpr Row rows[] = {
      {"GET", "/api/v1/namespaces/default/pods/p", "yes"},
      {"GET", "/api/v1/namespaces/default/pods?fieldSelector=metadata.name=p", "yes"},
      {"GET", "/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name=p", "yes"},
      {"GET", "/api/v1/pods?fieldSelector=spec.nodeName=n1", "yes"},
      {"GET", "/api/v1/pods?fieldSelector=spec.nodeName==n1", "yes"},
      {"GET", "/api/v1/pods?watch=true&fieldSelector=spec.nodeName=n1", "yes"},
      {"GET", "/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName=n1,status.phase=Running",
       "yes"},
      {"GET", "/api/v1/namespaces/default/pods/other", unrelated},
      {"GET", "/api/v1/namespaces/default/pods/nosuch", unrelated},
      {"GET", "/api/v1/namespaces/default/pods?fieldSelector=metadata.name=other", unrelated},
      {"GET", "/api/v1/pods", selector},
      {"GET", "/api/v1/namespaces/default/pods", selector},
      {"GET", "/api/v1/pods?watch=true", selector},
      {"GET", "/api/v1/pods?fieldSelector=spec.nodeName=n2", selector},
      {"GET", "/api/v1/pods?fieldSelector=spec.nodeName!=n1", selector},
      {"GET", "/api/v1/pods?fieldSelector=spec.nodeName=", selector},
      {"GET", "/api/v1/pods?labelSelector=spec.nodeName=n1", selector},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, pods_are_written_as_far_as_admission_looks) {
  run("p", "");
  constexpr Row rows[] = {
      {"POST", "/api/v1/namespaces/default/pods", "yes"},
      {"DELETE", "/api/v1/namespaces/default/pods/p", "yes"},
      {"PUT", "/api/v1/namespaces/default/pods/p/status", "yes"},
      {"PATCH", "/api/v1/namespaces/default/pods/p/status", "yes"},
      {"POST", "/api/v1/namespaces/default/pods/p/eviction", "yes"},
      {"PUT", "/api/v1/namespaces/default/pods/p", ""},
      {"PATCH", "/api/v1/namespaces/default/pods/p", ""},
      {"DELETE", "/api/v1/namespaces/default/pods", ""},
      {"GET", "/api/v1/namespaces/default/pods/p/status", ""},
      {"GET", "/api/v1/namespaces/default/pods/p/log", ""},
      {"POST", "/api/v1/namespaces/default/pods/p/binding", ""},
      {"POST", "/api/v1/namespaces/default/pods/p/exec", ""},
      {"POST", "/api/v1/namespaces/default/bindings", ""},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, a_lease_is_its_own_and_in_its_place) {
  constexpr std::string_view verbs = "can only get, create, update, patch, or delete a node lease";
  constexpr std::string_view place =
      "can only access leases in the \"kube-node-lease\" system namespace";
  constexpr std::string_view name =
      "can only access node lease with the same name as the requesting node";
  constexpr Row rows[] = {
      {"GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", "yes"},
      {"PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", "yes"},
      {"PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", "yes"},
      {"DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", "yes"},
      {"POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", "yes"},
      {"GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", verbs},
      {"GET", "/apis/coordination.k8s.io/v1/watch/namespaces/kube-node-lease/leases/n1", verbs},
      {"DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", verbs},
      {"GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/n1", place},
      {"POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", place},
      {"GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2", name},
      {"PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2", name},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, volumes_and_their_drivers) {
  constexpr std::string_view single = "can only get individual resources of this type";
  constexpr std::string_view verbs = "can only get, create, update, patch, or delete a CSINode";
  constexpr Row rows[] = {
      {"GET", "/api/v1/namespaces/default/persistentvolumeclaims", single},
      {"PATCH", "/api/v1/namespaces/default/persistentvolumeclaims/c", single},
      {"GET", "/api/v1/namespaces/default/persistentvolumeclaims/c/x", "cannot get subresource"},
      {"GET", "/api/v1/namespaces/default/persistentvolumeclaims/c/status",
       "can only get/update/patch this type"},
      {"GET", "/api/v1/persistentvolumes/v", unrelated},
      {"GET", "/api/v1/persistentvolumes", single},
      {"DELETE", "/api/v1/persistentvolumes/v", single},
      {"GET", "/api/v1/persistentvolumes/v/status", "cannot get subresource"},
      {"GET", "/apis/storage.k8s.io/v1/volumeattachments/a", unrelated},
      {"GET", "/apis/storage.k8s.io/v1/volumeattachments", single},
      {"GET", "/apis/storage.k8s.io/v1/csinodes/n1", "yes"},
      {"POST", "/apis/storage.k8s.io/v1/csinodes", "yes"},
      {"GET", "/apis/storage.k8s.io/v1/csinodes", verbs},
      {"GET", "/apis/storage.k8s.io/v1/csinodes/n1/x", "cannot authorize CSINode subresources"},
      {"GET", "/apis/storage.k8s.io/v1/csinodes/n2",
       "can only access CSINode with the same name as the requesting node"},
  };
  expect(rows);
}

TEST_F(NodeAuthorizer, what_every_node_may) {
  constexpr Row rows[] = {
      {"POST", "/apis/authentication.k8s.io/v1/tokenreviews", "yes"},
      {"POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "yes"},
      {"POST", "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews", "yes"},
      {"GET", "/api/v1/services", "yes"},
      {"GET", "/api/v1/services?watch=true", "yes"},
      {"GET", "/api/v1/namespaces/default/endpoints/e", "yes"},
      {"POST", "/api/v1/namespaces/default/events", "yes"},
      {"PATCH", "/api/v1/namespaces/default/events/e", "yes"},
      {"POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", "yes"},
      {"GET", "/apis/certificates.k8s.io/v1/certificatesigningrequests/c", "yes"},
      {"GET", "/apis/storage.k8s.io/v1/csidrivers", "yes"},
      {"GET", "/apis/node.k8s.io/v1/runtimeclasses?watch=true", "yes"},
      {"GET", "/apis/certificates.k8s.io/v1beta1/clustertrustbundles", "yes"},
      {"DELETE", "/api/v1/namespaces/default/events/e", ""},
      {"GET", "/api/v1/namespaces/default/events", ""},
      {"GET", "/api/v1/endpoints", ""},
      {"POST", "/api/v1/namespaces/default/services", ""},
      {"POST", "/api/v1/tokenreviews", ""},
      {"PUT", "/apis/certificates.k8s.io/v1/certificatesigningrequests/c/approval", ""},
      {"GET", "/api/v1/namespaces", ""},
      {"GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles", ""},
      {"GET", "/metrics", ""},
  };
  expect(rows);
}

}  // namespace
}  // namespace signet::access
