#include "control/namespaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using fixture::Cluster;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view accounts = "/api/v1/namespaces/default/serviceaccounts";
constexpr std::string_view maps = "/api/v1/namespaces/default/configmaps";

TEST(Namespaces, the_permanent_ones_are_furnished_when_start_returns) {
  Cluster cluster;
  cluster.start_controllers();
  for (const auto* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    const auto ns = cluster.api.get(cat("/api/v1/namespaces/", name));
    EXPECT_EQ(ns.at("status.phase"), "Active") << name;
    EXPECT_EQ(ns.at("spec.finalizers"), R"(["kubernetes"])");
    EXPECT_THAT(ns.at("metadata.labels"), HasSubstr(R"("kubernetes.io/metadata.name":)"));
    EXPECT_EQ(cluster.api.get(cat("/api/v1/namespaces/", name, "/serviceaccounts/default")).status,
              200);
    const auto map =
        cluster.api.get(cat("/api/v1/namespaces/", name, "/configmaps/kube-root-ca.crt"));
    EXPECT_EQ(map.at("data"), R"({"ca.crt":"CA"})");
    EXPECT_THAT(map.at("metadata.annotations"),
                StartsWith(R"({"kubernetes.io/description":"Contains a CA bundle)"));
  }
}

TEST(Namespaces, a_new_one_gets_its_account_and_the_authoritys_certificate) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"new"}})");
  cluster.until_there("/api/v1/namespaces/new/serviceaccounts", "default");
  cluster.until_there("/api/v1/namespaces/new/configmaps", "kube-root-ca.crt");
}

TEST(Namespaces, a_deleted_default_account_comes_back_as_another) {
  Cluster cluster;
  cluster.start_controllers();
  const auto before = cluster.api.get(cat(accounts, "/default")).at("metadata.uid");
  EXPECT_EQ(cluster.api.del(cat(accounts, "/default")).status, 200);
  cluster.until_there(accounts, "default");
  EXPECT_NE(cluster.api.get(cat(accounts, "/default")).at("metadata.uid"), before);
}

TEST(Namespaces, a_changed_or_deleted_certificate_map_is_put_back) {
  Cluster cluster;
  cluster.start_controllers();
  const auto at = cat(maps, "/kube-root-ca.crt");
  const auto right = [&] {
    const auto map = cluster.api.get(at);
    return map.status == 200 && map.at("data") == R"({"ca.crt":"CA"})" &&
           map.at("metadata.annotations") != "(none)";
  };
  cluster.api.patch(at, "merge-patch", R"({"data":{"ca.crt":"x","more":"y"}})");
  cluster.until(maps, right);
  cluster.api.patch(at, "merge-patch", R"({"metadata":{"annotations":null}})");
  cluster.until(maps, right);
  EXPECT_EQ(cluster.api.del(at).status, 200);
  cluster.until(maps, right);
}

TEST(Namespaces, another_authority_is_published_everywhere_at_the_next_start) {
  Cluster cluster;
  cluster.start_controllers("OLD");
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"mine"}})");
  cluster.until_there("/api/v1/namespaces/mine/configmaps", "kube-root-ca.crt");
  cluster.stop_controllers();
  cluster.start_controllers("NEW");
  cluster.until("/api/v1/namespaces/mine/configmaps", [&] {
    return cluster.api.get("/api/v1/namespaces/mine/configmaps/kube-root-ca.crt").at("data") ==
           R"({"ca.crt":"NEW"})";
  });
}

TEST(Namespaces, a_deleted_one_is_emptied_and_goes) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  cluster.make("/api/v1/namespaces/tns/secrets", R"({"metadata":{"name":"s"}})");
  cluster.make_pod("p", "", "tns");
  const auto marked = cluster.api.del("/api/v1/namespaces/tns");
  EXPECT_EQ(marked.status, 200);
  EXPECT_EQ(marked.at("status.phase"), "Terminating");
  EXPECT_NE(marked.at("metadata.deletionTimestamp"), "(none)");
  cluster.until_gone("/api/v1/namespaces", "tns");
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/tns/secrets/s").status, 404);
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/tns/serviceaccounts/default").status, 404);
}

TEST(Namespaces, a_deleted_one_is_emptied_however_much_it_holds) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  for (int i = 0; i < 300; ++i) {
    cluster.make("/api/v1/namespaces/tns/secrets", cat(R"({"metadata":{"name":"s)", i, R"("}})"));
  }
  cluster.api.del("/api/v1/namespaces/tns");
  cluster.until_gone("/api/v1/namespaces", "tns");
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/tns/secrets").at("items"), "[]");
}

TEST(Namespaces, secrets_of_a_deleted_one_outlast_its_running_pods) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  cluster.make("/api/v1/namespaces/tns/secrets", R"({"metadata":{"name":"s"}})");
  cluster.make_pod("p", R"(,"nodeName":"n1")", "tns");
  cluster.api.del("/api/v1/namespaces/tns");
  cluster.until("/api/v1/namespaces/tns/pods", [&] {
    return cluster.api.get("/api/v1/namespaces/tns/pods/p").at("metadata.deletionTimestamp") !=
           "(none)";
  });
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/tns/secrets/s").status, 200);
  cluster.api.del("/api/v1/namespaces/tns/pods/p", R"({"gracePeriodSeconds":0})");
  cluster.until_gone("/api/v1/namespaces", "tns");
}

TEST(Namespaces, a_foreign_finalizer_keeps_a_deleted_one_until_it_is_removed) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  cluster.make("/api/v1/namespaces/tns/configmaps",
               R"({"metadata":{"name":"held","finalizers":["x.io/y"]}})");
  cluster.api.del("/api/v1/namespaces/tns");
  cluster.until("/api/v1/namespaces/tns/configmaps", [&] {
    return cluster.api.get("/api/v1/namespaces/tns/configmaps/held")
               .at("metadata.deletionTimestamp") != "(none)";
  });
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/tns").at("status.phase"), "Terminating");
  cluster.api.patch("/api/v1/namespaces/tns/configmaps/held", "merge-patch",
                    R"({"metadata":{"finalizers":null}})");
  cluster.until_gone("/api/v1/namespaces", "tns");
}

TEST(Namespaces, a_deleted_one_says_what_is_left) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  cluster.make("/api/v1/namespaces/tns/configmaps",
               R"({"metadata":{"name":"held","finalizers":["x.io/y"]}})");
  cluster.api.del("/api/v1/namespaces/tns");
  cluster.until("/api/v1/namespaces", [&] {
    const auto conditions = cluster.api.get("/api/v1/namespaces/tns").at("status.conditions");
    return conditions.contains("configmaps. has 1 resource instances") &&
           conditions.contains("x.io/y in 1 resource instances");
  });
}

TEST(Namespaces, another_finalizer_of_its_own_keeps_an_empty_one) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces",
               R"({"metadata":{"name":"tns"},"spec":{"finalizers":["x.io/y"]}})");
  cluster.api.del("/api/v1/namespaces/tns");
  cluster.until("/api/v1/namespaces", [&] {
    return cluster.api.get("/api/v1/namespaces/tns").at("spec.finalizers") == R"(["x.io/y"])";
  });
  EXPECT_THAT(cluster.api.get("/api/v1/namespaces/tns").at("status.conditions"),
              HasSubstr("ContentRemoved"));
  const auto stale = cluster.api.put(
      "/api/v1/namespaces/tns/finalize",
      R"({"metadata":{"name":"tns","resourceVersion":"1"},"spec":{"finalizers":[]}})");
  EXPECT_THAT(stale.refusal(), HasSubstr("the object has been modified"));
  cluster.api.put("/api/v1/namespaces/tns/finalize",
                  R"({"metadata":{"name":"tns"},"spec":{"finalizers":[]}})");
  cluster.until_gone("/api/v1/namespaces", "tns");
}

TEST(Namespaces, what_is_made_while_one_is_emptied_goes_too) {
  Cluster cluster;
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"tns"}})");
  cluster.make_pod("p", R"(,"nodeName":"n1")", "tns");
  cluster.api.del("/api/v1/namespaces/tns");
  cluster.until("/api/v1/namespaces/tns/pods", [&] {
    return cluster.api.get("/api/v1/namespaces/tns/pods/p").at("metadata.deletionTimestamp") !=
           "(none)";
  });
  // As one whose admission was before the deletion, and whose commit is after it.
  cluster.make("/api/v1/namespaces/tns/secrets", R"({"metadata":{"name":"late"}})");
  cluster.api.del("/api/v1/namespaces/tns/pods/p", R"({"gracePeriodSeconds":0})");
  cluster.until_gone("/api/v1/namespaces", "tns");
  EXPECT_EQ(cluster.api.get("/api/v1/namespaces/tns/secrets/late").status, 404);
}

TEST(Namespaces, what_turns_up_without_one_is_removed) {
  Cluster cluster;
  cluster.make("/api/v1/namespaces/before/secrets", R"({"metadata":{"name":"s"}})");
  cluster.start_controllers();
  cluster.until_gone("/api/v1/namespaces/before/secrets", "s");
  cluster.make("/api/v1/namespaces/never/secrets", R"({"metadata":{"name":"s"}})");
  cluster.until_gone("/api/v1/namespaces/never/secrets", "s");
}

TEST(Namespaces, some_may_not_be_deleted) {
  Cluster cluster;
  cluster.start_controllers();
  EXPECT_EQ(
      cluster.api.del("/api/v1/namespaces/kube-system").refusal(),
      R"(403 Forbidden namespaces "kube-system" is forbidden: this namespace may not be deleted)");
}

TEST(Namespaces, one_with_a_drawn_name_is_labelled_with_it) {
  Cluster cluster;
  const auto made =
      cluster.api.post("/api/v1/namespaces", R"({"metadata":{"generateName":"run-"}})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.at("metadata.labels"),
            cat(R"({"kubernetes.io/metadata.name":")", made.at("metadata.name"), "\"}"));
}

}  // namespace
}  // namespace signet::control
