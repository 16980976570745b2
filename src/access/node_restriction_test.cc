#include "access/node_restriction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/node_restriction_fixture_for_tests.h"

namespace signet::access {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view own = "/api/v1/nodes/n1";
constexpr std::string_view nodes = "/api/v1/nodes";
constexpr std::string_view leases =
    "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

class NodeRestriction : public fixture::NodeRestrictionTest {};

TEST_F(NodeRestriction, a_node_writes_itself_and_no_other) {
  cluster.make(nodes, R"({"metadata":{"name":"n2"}})");
  EXPECT_EQ(merge(own, R"({"metadata":{"annotations":{"a":"b"}}})"), "yes");
  EXPECT_EQ(merge("/api/v1/nodes/n1/status", R"({"status":{"phase":"Running"}})"), "yes");
  constexpr std::string_view other =
      R"(403 Forbidden nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2")";
  EXPECT_EQ(merge("/api/v1/nodes/n2", R"({"metadata":{"annotations":{"a":"b"}}})"), other);
  EXPECT_EQ(merge("/api/v1/nodes/n2/status", R"({"status":{"phase":"Running"}})"), other);
  EXPECT_EQ(remove("/api/v1/nodes/n2"), other);
  EXPECT_EQ(post(nodes, R"({"metadata":{"name":"n3"}})", "n3"), "yes");
  EXPECT_THAT(post(nodes, R"({"metadata":{"name":"n5"}})", "n4"),
              HasSubstr(R"(node "n4" is not allowed to modify node "n5")"));
  EXPECT_THAT(post(nodes, R"({"metadata":{"generateName":"n4"}})", "n4"),
              StartsWith("403 Forbidden"))
      << "what is drawn is another name";
}

TEST_F(NodeRestriction, a_node_sets_only_labels_that_are_its_own_to_set) {
  const struct {
    std::string_view label;
    bool allowed;
  } rows[] = {
      {"mine", true},
      {"example.com/mine", true},
      {"xkubernetes.io/a", true},
      {"kubernetes.io/hostname", true},
      {"kubernetes.io/os", true},
      {"kubernetes.io/arch", true},
      {"beta.kubernetes.io/os", true},
      {"beta.kubernetes.io/arch", true},
      {"beta.kubernetes.io/instance-type", true},
      {"topology.kubernetes.io/zone", true},
      {"topology.kubernetes.io/region", true},
      {"failure-domain.beta.kubernetes.io/zone", true},
      {"failure-domain.beta.kubernetes.io/region", true},
      {"node.kubernetes.io/instance-type", true},
      {"node.kubernetes.io/anything", true},
      {"a.node.kubernetes.io/anything", true},
      {"kubelet.kubernetes.io/a", true},
      {"a.b.kubelet.kubernetes.io/a", true},
      {"node-restriction.kubernetes.io/a", false},
      {"a.node-restriction.kubernetes.io/a", false},
      {"kubernetes.io/role", false},
      {"k8s.io/a", false},
      {"z.k8s.io/b", false},
      {"node-role.kubernetes.io/control-plane", false},
      {"topology.kubernetes.io/rack", false},
      {"xnode.kubernetes.io/a", false},
  };
  for (const auto& [label, allowed] : rows) {
    const auto body = cat(R"({"metadata":{"labels":{")", label, R"(":"x"}}})");
    EXPECT_EQ(merge(own, body), allowed ? "yes"
                                        : cat(R"(403 Forbidden nodes "n1" is forbidden: )",
                                              "is not allowed to modify labels: ", label));
    EXPECT_EQ(merge("/api/v1/nodes/n1/status", body) == "yes", allowed) << label;
    const auto fresh = cat(R"({"metadata":{"name":"n9","labels":{")", label, R"(":"x"}}})");
    EXPECT_EQ(post(cat(nodes, "?dryRun=All"), fresh, "n9"),
              allowed ? "yes"
                      : cat(R"(403 Forbidden nodes "n9" is forbidden: node "n9" is not allowed )",
                            "to set the following labels: ", label));
  }
}

TEST_F(NodeRestriction, forbidden_labels_are_told_together_and_may_not_be_taken_away_either) {
  EXPECT_THAT(
      merge(own, R"({"metadata":{"labels":{"z.k8s.io/b":"x","node-role.kubernetes.io/m":""}}})"),
      HasSubstr(": is not allowed to modify labels: node-role.kubernetes.io/m, z.k8s.io/b"));
  cluster.api.patch(own, "merge-patch", R"({"metadata":{"labels":{"x.kubernetes.io/a":"b"}}})");
  EXPECT_EQ(merge(own, R"({"metadata":{"labels":{"mine":"x","x.kubernetes.io/a":"b"}}})"), "yes");
  EXPECT_THAT(merge(own, R"({"metadata":{"labels":{"x.kubernetes.io/a":null}}})"),
              HasSubstr("is not allowed to modify labels: x.kubernetes.io/a"));
  EXPECT_THAT(merge(own, R"({"metadata":{"labels":{"x.kubernetes.io/a":"c"}}})"),
              HasSubstr("is not allowed to modify labels: x.kubernetes.io/a"));
}

TEST_F(NodeRestriction, taints_owners_and_configuration_are_not_the_nodes_business) {
  constexpr std::string_view taints = R"({"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}})";
  EXPECT_EQ(merge(own, std::string(taints)),
            R"(403 Forbidden nodes "n1" is forbidden: node "n1" is not allowed to modify taints)");
  cluster.api.patch(own, "merge-patch", std::string(taints));
  EXPECT_THAT(merge(own, R"({"spec":{"taints":null}})"), HasSubstr("not allowed to modify taints"));
  EXPECT_EQ(merge(own, R"({"spec":{"unschedulable":true}})"), "yes");
  EXPECT_THAT(
      merge(
          own,
          R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"X","name":"x","uid":"u"}]}})"),
      HasSubstr(R"(node "n1" is not allowed to modify ownerReferences)"));
  constexpr std::string_view source =
      R"("configSource":{"configMap":{"namespace":"n","name":"c","kubeletConfigKey":"k"}})";
  EXPECT_THAT(merge(own, cat(R"({"spec":{)", source, "}}")),
              HasSubstr(R"(node "n1" is not allowed to update configSource to a new non-nil )"
                        "configSource"));
  EXPECT_THAT(post(nodes, cat(R"({"metadata":{"name":"n3"},"spec":{)", source, "}}"), "n3"),
              HasSubstr(R"(node "n3" is not allowed to create pods with a non-nil configSource)"));
}

TEST_F(NodeRestriction, a_node_comes_with_its_taints) {
  EXPECT_EQ(
      post(nodes,
           R"({"metadata":{"name":"n3"},"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}})",
           "n3"),
      "yes");
}

TEST_F(NodeRestriction, a_lease_is_its_own_and_in_its_place) {
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"kube-node-lease"}})");
  constexpr std::string_view name =
      "is forbidden: can only access node lease with the same name as the requesting node";
  EXPECT_EQ(post(leases, R"({"metadata":{"name":"n1"}})"), "yes");
  EXPECT_EQ(merge(cat(leases, "/n1"), R"({"spec":{"holderIdentity":"n1"}})"), "yes");
  EXPECT_EQ(post(leases, R"({"metadata":{"name":"n2"}})"),
            cat(R"(403 Forbidden leases.coordination.k8s.io "n2" )", name));
  EXPECT_THAT(post(leases, R"({"metadata":{"generateName":"n1"}})"), HasSubstr(name));
  cluster.make(leases, R"({"metadata":{"name":"n2"}})");
  EXPECT_THAT(merge(cat(leases, "/n2"), R"({"spec":{"holderIdentity":"n1"}})"), HasSubstr(name));
  EXPECT_THAT(remove(cat(leases, "/n2")), HasSubstr(name));
  EXPECT_EQ(post("/apis/coordination.k8s.io/v1/namespaces/default/leases",
                 R"({"metadata":{"name":"n1"}})"),
            R"(403 Forbidden leases.coordination.k8s.io "n1" is forbidden: can only access leases )"
            R"(in the "kube-node-lease" system namespace)");
  EXPECT_EQ(remove(cat(leases, "/n1")), "yes");
}

TEST_F(NodeRestriction, a_node_that_does_not_say_which_writes_nothing) {
  EXPECT_EQ(post("/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"c"}})", ""),
            R"(403 Forbidden configmaps "c" is forbidden: could not determine node from user )"
            R"("system:node:")");
}

TEST_F(NodeRestriction, neither_other_kinds_nor_other_users_are_restricted) {
  EXPECT_EQ(post("/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"c"}})"), "yes");
  EXPECT_EQ(cluster.api
                .patch(own, "merge-patch",
                       R"({"metadata":{"labels":{"node-restriction.kubernetes.io/a":"x"}}})")
                .status,
            200);
}

}  // namespace
}  // namespace signet::access
