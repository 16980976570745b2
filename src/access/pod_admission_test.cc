#include "access/pod_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using testing::HasSubstr;

constexpr std::string_view added =
    R"({"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},)"
    R"({"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300})";

TEST(PodPriority, follows_from_the_class) {
  Cluster cluster;
  const auto plain = cluster.pod("a");
  EXPECT_EQ(plain.at("spec.priority"), "0");
  EXPECT_EQ(plain.at("spec.preemptionPolicy"), "PreemptLowerPriority");
  EXPECT_EQ(plain.at("spec.priorityClassName"), "(none)");
  EXPECT_EQ(cluster.pod("b", R"(,"priorityClassName":"system-node-critical")").at("spec.priority"),
            "2000001000");
  EXPECT_EQ(
      cluster.pod("c", R"(,"priorityClassName":"system-cluster-critical")").at("spec.priority"),
      "2000000000");
  EXPECT_EQ(cluster.pod("d", R"(,"priorityClassName":"high")").refusal(),
            R"(403 Forbidden pods "d" is forbidden: no PriorityClass with name high was found)");
}

TEST(PodPriority, may_be_given_only_as_it_would_be_computed) {
  Cluster cluster;
  EXPECT_EQ(cluster.pod("a", R"(,"priority":0,"preemptionPolicy":"PreemptLowerPriority")").status,
            201);
  EXPECT_EQ(cluster.pod("b", R"(,"priority":7)").refusal(),
            R"(403 Forbidden pods "b" is forbidden: the integer value of priority (7) must not be )"
            "provided in pod spec; priority admission controller computed 0 from the given "
            "PriorityClass name");
  EXPECT_EQ(cluster.pod("c", R"(,"preemptionPolicy":"Never")").refusal(),
            R"(403 Forbidden pods "c" is forbidden: the string value of PreemptionPolicy (Never) )"
            "must not be provided in pod spec; priority admission controller computed "
            "PreemptLowerPriority from the given PriorityClass name");
}

TEST(PodTolerations, are_added_for_nodes_that_are_lost) {
  Cluster cluster;
  EXPECT_EQ(cluster.pod("a").at("spec.tolerations"), cat('[', added, ']'));
  EXPECT_EQ(cluster.pod("b", R"(,"tolerations":[{"key":"k","operator":"Exists"}])")
                .at("spec.tolerations"),
            cat(R"([{"key":"k","operator":"Exists"},)", added, ']'));
  EXPECT_EQ(cluster.pod("c", R"(,"tolerations":[{"operator":"Exists"}])").at("spec.tolerations"),
            R"([{"operator":"Exists"}])");
  EXPECT_EQ(cluster.pod("d", R"(,"tolerations":[{"operator":"Exists","effect":"NoExecute"}])")
                .at("spec.tolerations"),
            R"([{"operator":"Exists","effect":"NoExecute"}])");
  EXPECT_THAT(cluster.pod("e", R"(,"tolerations":[{"operator":"Exists","effect":"NoSchedule"}])")
                  .at("spec.tolerations"),
              HasSubstr("not-ready"));
}

TEST(PodTolerations, and_priority_stay_when_a_manifest_without_it_is_written_again) {
  Cluster cluster;
  const auto made = cluster.pod("a", R"(,"automountServiceAccountToken":false)");
  const auto again =
      cluster.api.put("/api/v1/namespaces/default/pods/a",
                      Cluster::pod_json("a", R"(,"automountServiceAccountToken":false,)"
                                             R"("serviceAccountName":"default")"));
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.body, made.body);
  EXPECT_EQ(again.at("spec.tolerations"), made.at("spec.tolerations"));
}

TEST(PodRuntime, is_refused_by_the_name_of_a_class_that_is_not_there) {
  Cluster cluster;
  EXPECT_EQ(cluster.pod("a", R"(,"runtimeClassName":"kata")").refusal(),
            R"(403 Forbidden pods "a" is forbidden: pod rejected: RuntimeClass "kata" not found)");
  EXPECT_EQ(cluster.pod("b", R"(,"overhead":{"cpu":"1"})").refusal(),
            R"(403 Forbidden pods "b" is forbidden: pod rejected: Pod Overhead set without )"
            "corresponding RuntimeClass defined Overhead");
}

}  // namespace
}  // namespace signet::access
