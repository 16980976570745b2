#include "control/lost_pods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using fixture::Cluster;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::string_view pods = "/api/v1/namespaces/default/pods";
constexpr std::string_view p = "/api/v1/namespaces/default/pods/p";

class Lost : public testing::Test {
 protected:
  Cluster cluster;

  // Whatever was told so far has been heard, and what came of it done.
  void settle() {
    for (int i = 0; i < 8; ++i) cluster.api.thread().run([] {});
  }
};

TEST_F(Lost, pods_of_a_deleted_node_fail_and_go_after_forty_seconds) {
  cluster.start_controllers();
  cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");
  cluster.make_pod("p", R"(,"nodeName":"n1")");
  auto watch = cluster.api.watch(cat(
      pods, "?watch=true&resourceVersion=", cluster.api.get(pods).at("metadata.resourceVersion")));
  cluster.api.del("/api/v1/nodes/n1");
  settle();
  cluster.api.clock().advance(seconds{39});
  settle();
  EXPECT_TRUE(watch->quiet());
  cluster.api.clock().advance(seconds{1});
  const auto failed = watch->next();
  EXPECT_THAT(failed, HasSubstr(R"("type":"MODIFIED")"));
  EXPECT_THAT(failed, HasSubstr(R"("phase":"Failed")"));
  EXPECT_THAT(failed, HasSubstr(R"("reason":"DeletionByPodGC","message":"PodGC: node no longer)"));
  EXPECT_THAT(watch->next_event(), testing::StartsWith("DELETED p "));
}

TEST_F(Lost, pods_of_a_node_that_comes_back_stay) {
  cluster.start_controllers();
  cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");
  cluster.make_pod("p", R"(,"nodeName":"n1")");
  cluster.api.del("/api/v1/nodes/n1");
  settle();
  cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");
  cluster.api.clock().advance(seconds{100});
  settle();
  EXPECT_EQ(cluster.api.get(p).at("status.phase"), "Pending");
}

TEST_F(Lost, a_start_finds_pods_of_nodes_that_are_not_there) {
  cluster.make_pod("p", R"(,"nodeName":"never")");
  cluster.make_pod("q");
  cluster.start_controllers();
  cluster.api.clock().advance(seconds{40});
  cluster.until_gone(pods, "p");
  EXPECT_EQ(cluster.api.get(cat(pods, "/q")).status, 200);
}

TEST_F(Lost, pods_that_are_over_keep_how_they_ended) {
  cluster.start_controllers();
  cluster.make_pod("p", R"(,"nodeName":"never")");
  cluster.api.patch(cat(p, "/status"), "merge-patch", R"({"status":{"phase":"Succeeded"}})");
  auto watch = cluster.api.watch(cat(
      pods, "?watch=true&resourceVersion=", cluster.api.get(pods).at("metadata.resourceVersion")));
  settle();
  cluster.api.clock().advance(seconds{40});
  EXPECT_THAT(watch->next(), HasSubstr(R"("phase":"Succeeded")"));
  EXPECT_EQ(cluster.api.get(p).status, 404);
}

}  // namespace
}  // namespace signet::control
