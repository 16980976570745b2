#include "control/pod_binder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using fixture::Cluster;
using fixture::Reply;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view pods = "/api/v1/namespaces/default/pods";
constexpr std::string_view created =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})"
    "\n";

std::string node_of(Cluster& cluster, std::string_view pod) {
  return cluster.api.get(cat(pods, '/', pod)).at("spec.nodeName");
}
void make_node(Cluster& cluster, std::string_view name) {
  cluster.make("/api/v1/nodes", cat(R"({"metadata":{"name":")", name, "\"}}"));
}

TEST(PodBinder, the_only_node_gets_every_pod) {
  Cluster cluster;
  cluster.start_controllers();
  make_node(cluster, "n1");
  cluster.make_pod("p");
  cluster.until(pods, [&] { return node_of(cluster, "p") == "n1"; });
  const auto condition = codec::to_json(
      codec::array_at(cluster.api.get(cat(pods, "/p")).json(), "status.conditions")[0]);
  EXPECT_EQ(
      condition,
      R"({"type":"PodScheduled","status":"True","lastTransitionTime":"2023-11-14T22:13:20Z"})");
}

TEST(PodBinder, pods_wait_for_a_first_node) {
  Cluster cluster;
  cluster.make_pod("before");
  cluster.start_controllers();
  cluster.make_pod("after");
  EXPECT_EQ(node_of(cluster, "before"), "(none)");
  make_node(cluster, "n1");
  cluster.until(pods, [&] { return node_of(cluster, "before") == "n1"; });
  cluster.until(pods, [&] { return node_of(cluster, "after") == "n1"; });
}

TEST(PodBinder, a_pod_of_another_scheduler_is_left_to_it) {
  Cluster cluster;
  make_node(cluster, "n1");
  cluster.start_controllers();
  cluster.make(pods, R"({"metadata":{"name":"own"},"spec":{"schedulerName":"mine","containers":[
                         {"name":"c","image":"i"}]}})");
  cluster.make_pod("p");
  cluster.until(pods, [&] { return node_of(cluster, "p") == "n1"; });
  EXPECT_EQ(node_of(cluster, "own"), "(none)");
}

TEST(PodBinder, choosing_among_several_is_not_its_business) {
  Cluster cluster;
  make_node(cluster, "n1");
  make_node(cluster, "n2");
  cluster.start_controllers();
  cluster.make_pod("p");
  for (int i = 0; i < 8; ++i) cluster.api.thread().run([] {});
  EXPECT_EQ(node_of(cluster, "p"), "(none)");
  cluster.api.del("/api/v1/nodes/n1");
  cluster.until(pods, [&] { return node_of(cluster, "p") == "n2"; });
}

TEST(BindingAction, binds_a_pod_once) {
  Cluster cluster;
  cluster.make_pod("p");
  const auto bound = cluster.api.post(
      cat(pods, "/p/binding"), R"({"metadata":{"name":"p"},"target":{"kind":"Node","name":"n2"}})");
  EXPECT_EQ(bound.status, 201);
  EXPECT_EQ(bound.body, created);
  EXPECT_EQ(node_of(cluster, "p"), "n2");
  EXPECT_EQ(
      cluster.api.post(cat(pods, "/p/binding"), R"({"target":{"name":"n3"}})").refusal(),
      R"(409 Conflict Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n2")");
}

TEST(BindingAction, may_name_the_pod_in_the_body_alone) {
  Cluster cluster;
  cluster.make_pod("p");
  EXPECT_EQ(cluster.api
                .post("/api/v1/namespaces/default/bindings",
                      R"({"metadata":{"name":"p"},"target":{"name":"n1"}})")
                .body,
            created);
  EXPECT_EQ(node_of(cluster, "p"), "n1");
}

TEST(BindingAction, refuses_another_name_no_target_and_no_pod) {
  Cluster cluster;
  cluster.make_pod("p");
  const auto at = cat(pods, "/p/binding");
  EXPECT_EQ(cluster.api.post(at, R"({"metadata":{"name":"q"},"target":{"name":"n"}})").refusal(),
            "400 BadRequest name in URL does not match name in Binding object");
  EXPECT_THAT(cluster.api.post(at, "{}").refusal(), HasSubstr("target.name: Required value"));
  EXPECT_EQ(cluster.api.post(cat(pods, "/q/binding"), R"({"target":{"name":"n"}})").refusal(),
            R"(404 NotFound pods "q" not found)");
  EXPECT_EQ(cluster.api.get(at).status, 405);
}

TEST(BindingAction, asks_admission_in_both_forms) {
  Cluster cluster;
  cluster.make_pod("p");
  std::string seen;
  cluster.api.admission().hook =
      [&](machinery::AdmissionRequest& request) -> machinery::ApiResult<void> {
    seen = cat(request.kind->plural, ' ', request.subresource, ' ', request.name);
    return machinery::refuse(machinery::ApiError::forbidden({"", "pods"}, request.name, "no"));
  };
  EXPECT_EQ(cluster.api.post(cat(pods, "/p/binding"), R"({"target":{"name":"n"}})").status, 403);
  EXPECT_EQ(seen, "pods binding p");
  EXPECT_EQ(cluster.api
                .post("/api/v1/namespaces/default/bindings",
                      R"({"metadata":{"name":"p"},"target":{"name":"n"}})")
                .status,
            403);
  EXPECT_EQ(seen, "bindings  p");
}

TEST(EvictionAction, deletes_with_grace) {
  Cluster cluster;
  cluster.make_pod("p", R"(,"nodeName":"n1")");
  EXPECT_EQ(cluster.api.post(cat(pods, "/p/eviction"), R"({"metadata":{"name":"p"}})").body,
            created);
  EXPECT_EQ(cluster.api.get(cat(pods, "/p")).at("metadata.deletionGracePeriodSeconds"), "30");
  EXPECT_EQ(
      cluster.api.post(cat(pods, "/p/eviction"), R"({"deleteOptions":{"gracePeriodSeconds":0}})")
          .status,
      201);
  EXPECT_EQ(cluster.api.get(cat(pods, "/p")).status, 404);
}

TEST(EvictionAction, keeps_to_its_options_and_asks_admission) {
  Cluster cluster;
  cluster.make_pod("p");
  const auto at = cat(pods, "/p/eviction");
  EXPECT_EQ(cluster.api.post(at, R"({"metadata":{"name":"q"}})").status, 400);
  EXPECT_EQ(cluster.api.post(at, R"({"deleteOptions":{"preconditions":{"uid":"other"}}})").status,
            409);
  EXPECT_EQ(cluster.api.post(at, R"({"deleteOptions":{"dryRun":["All"]}})").status, 201);
  std::string seen;
  cluster.api.admission().hook =
      [&](machinery::AdmissionRequest& request) -> machinery::ApiResult<void> {
    seen = cat(request.user->username, ' ', request.subresource, ' ', request.name);
    return machinery::refuse(machinery::ApiError::forbidden({"", "pods"}, request.name, "no"));
  };
  EXPECT_EQ(cluster.api.post(at, "{}").status, 403);
  EXPECT_EQ(seen, "admin eviction p");
  EXPECT_EQ(cluster.api.get(cat(pods, "/p")).status, 200);
}

TEST(FinalizeAction, replaces_the_finalizers_and_removes_a_deleted_namespace_without_any) {
  Cluster cluster;
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"n"}})");
  const auto at = "/api/v1/namespaces/n/finalize";
  const auto changed =
      cluster.api.put(at, R"({"metadata":{"name":"n"},"spec":{"finalizers":["x.io/y"]}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.at("spec.finalizers"), R"(["x.io/y"])");
  cluster.api.del("/api/v1/namespaces/n");
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/n").status, 200);
  EXPECT_EQ(cluster.api.put(at, R"({"metadata":{"name":"n"},"spec":{}})").status, 200);
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/n").status, 404);
}

}  // namespace
}  // namespace signet::control
