#include "access/namespace_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using fixture::Cluster;

TEST(NamespaceAdmission, nothing_is_made_in_a_namespace_that_is_missing_or_going) {
  Cluster cluster;
  EXPECT_EQ(cluster.api.post("/api/v1/namespaces/nosuch/configmaps", R"({"metadata":{"name":"x"}})")
                .refusal(),
            R"(404 NotFound namespaces "nosuch" not found)");
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  cluster.make("/api/v1/namespaces/tns/configmaps", R"({"metadata":{"name":"old"}})");
  EXPECT_EQ(cluster.api.del("/api/v1/namespaces/tns").at("status.phase"), "Terminating");
  const auto refused =
      cluster.api.post("/api/v1/namespaces/tns/configmaps", R"({"metadata":{"name":"x"}})");
  EXPECT_EQ(
      refused.refusal(),
      R"(403 Forbidden configmaps "x" is forbidden: unable to create new content in namespace tns because it is being terminated)");
  EXPECT_EQ(
      refused.at("details"),
      R"({"name":"x","kind":"configmaps","causes":[{"reason":"NamespaceTerminating","message":"namespace tns is being terminated","field":"metadata.namespace"}]})");
  EXPECT_EQ(
      cluster.api
          .patch("/api/v1/namespaces/tns/configmaps/old", "merge-patch", R"({"data":{"a":"b"}})")
          .status,
      200);
  EXPECT_EQ(cluster.api.del("/api/v1/namespaces/tns/configmaps/old").status, 200);
}

// A token or an eviction is created too, as Kubernetes sees it.
TEST(NamespaceAdmission, what_is_done_to_an_object_is_new_content_as_well) {
  Cluster cluster;
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  const auto user = fixture::ApiFixture::admin();
  codec::Json body = codec::JsonObject{};
  const auto act = [&](const machinery::Kind& kind, std::string_view subresource,
                       std::string_view ns) {
    return cluster.admit({.operation = machinery::Operation::create,
                          .kind = &kind,
                          .subresource = subresource,
                          .namespace_name = ns,
                          .name = "a",
                          .object = &body,
                          .old_object = nullptr,
                          .user = &user,
                          .warnings = nullptr});
  };
  EXPECT_EQ(act(kinds::service_account, "token", "tns"), "yes");
  EXPECT_EQ(act(kinds::service_account, "token", "nosuch"), R"(namespaces "nosuch" not found)");
  cluster.make("/api/v1/namespaces/tns/configmaps", R"({"metadata":{"name":"old"}})");
  cluster.api.del("/api/v1/namespaces/tns");
  EXPECT_EQ(act(kinds::service_account, "token", "tns"),
            R"(serviceaccounts "a" is forbidden: unable to create new content in namespace tns )"
            "because it is being terminated");
  EXPECT_EQ(act(kinds::pod, "eviction", "tns"),
            R"(pods "a" is forbidden: unable to create new content in namespace tns because it )"
            "is being terminated");
}

}  // namespace
}  // namespace signet::access
