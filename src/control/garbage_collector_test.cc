#include "control/garbage_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using fixture::Cluster;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view maps = "/api/v1/namespaces/default/configmaps";

struct Reference {
  std::string_view kind;
  std::string_view name;
  std::string uid;
  bool blocks = false;
  std::string_view api_version = "v1";
};

std::string owned_by(const std::vector<Reference>& owners) {
  std::string out;
  for (const auto& owner : owners) {
    append(out, out.empty() ? R"(,"ownerReferences":[)" : ",", R"({"apiVersion":")",
           owner.api_version, R"(","kind":")", owner.kind, R"(","name":")", owner.name,
           R"(","uid":")", owner.uid, R"(","blockOwnerDeletion":)", owner.blocks ? "true" : "false",
           '}');
  }
  return out.empty() ? out : out + ']';
}

class Garbage : public testing::Test {
 protected:
  Cluster cluster;

  std::string map(std::string_view name, const std::vector<Reference>& owners = {},
                  std::string_view more = "", std::string_view ns = "default") {
    return cluster.make(cat("/api/v1/namespaces/", ns, "/configmaps"),
                        cat(R"({"metadata":{"name":")", name, '"', owned_by(owners), more, "}}"));
  }
  int status(std::string_view name) { return cluster.api.get(cat(maps, '/', name)).status; }
  std::string at(std::string_view name, std::string_view path) {
    return cluster.api.get(cat(maps, '/', name)).at(path);
  }
  machinery::fixture::Reply del(std::string_view name, std::string_view policy) {
    return cluster.api.del(cat(maps, '/', name), cat(R"({"propagationPolicy":")", policy, "\"}"));
  }
  void until_gone(std::string_view name) { cluster.until_gone(maps, name); }
  // Everything that was to be done so far is done: what came last is collected after it.
  void settle() {
    static int count = 0;
    const auto name = cat("settled-", ++count);
    map(name, {{"ConfigMap", "nobody", "none"}});
    until_gone(name);
  }
};

TEST_F(Garbage, a_dependent_goes_with_its_only_owner) {
  cluster.start_controllers();
  const auto uid = map("owner");
  map("child", {{"ConfigMap", "owner", uid}});
  del("owner", "Background");
  until_gone("child");
}

TEST_F(Garbage, goes_down_through_the_generations) {
  cluster.start_controllers();
  const auto uid = map("a");
  const auto child = map("b", {{"ConfigMap", "a", uid}});
  map("c", {{"ConfigMap", "b", child}});
  del("a", "Background");
  until_gone("c");
  EXPECT_EQ(status("b"), 404);
}

TEST_F(Garbage, an_owner_of_the_cluster_owns_in_every_namespace) {
  cluster.start_controllers();
  const auto uid = cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");
  map("child", {{"Node", "n1", uid}});
  settle();
  EXPECT_EQ(status("child"), 200);
  cluster.api.del("/api/v1/nodes/n1");
  until_gone("child");
}

TEST_F(Garbage, what_has_a_living_owner_stays_and_forgets_the_others) {
  cluster.start_controllers();
  const auto one = map("one");
  const auto two = map("two");
  map("child", {{"ConfigMap", "one", one}, {"ConfigMap", "two", two}});
  del("one", "Background");
  cluster.until(maps, [&] { return !at("child", "metadata.ownerReferences").contains(one); });
  EXPECT_THAT(at("child", "metadata.ownerReferences"), HasSubstr(two));
  del("two", "Background");
  until_gone("child");
}

TEST_F(Garbage, another_uid_or_another_namespace_is_no_owner) {
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"other"}})");
  const auto uid = map("owner");
  map("renamed", {{"ConfigMap", "owner", "00000000-0000-0000-0000-000000000000"}});
  until_gone("renamed");
  map("abroad", {{"ConfigMap", "owner", uid}}, "", "other");
  cluster.until_gone("/api/v1/namespaces/other/configmaps", "abroad");
  EXPECT_EQ(status("owner"), 200);
}

TEST_F(Garbage, leaves_alone_what_names_a_kind_it_does_not_know) {
  cluster.start_controllers();
  map("child", {{"ReplicaSet", "web", "u", true, "apps/v1"}});
  map("mixed", {{"ReplicaSet", "web", "u", true, "apps/v1"}, {"ConfigMap", "gone", "v"}});
  settle();
  EXPECT_EQ(status("child"), 200);
  EXPECT_EQ(status("mixed"), 200);
  EXPECT_THAT(at("mixed", "metadata.ownerReferences"), HasSubstr("gone"));
}

TEST_F(Garbage, leaves_alone_what_is_of_the_cluster_and_names_an_owner_in_a_namespace) {
  cluster.start_controllers();
  const auto uid = map("owner");
  cluster.make("/api/v1/nodes", cat(R"({"metadata":{"name":"n1")",
                                    owned_by({{"ConfigMap", "owner", uid, true}}), "}}"));
  del("owner", "Foreground");
  until_gone("owner");
  settle();
  EXPECT_EQ(cluster.api.get("/api/v1/nodes/n1").status, 200);
}

TEST_F(Garbage, in_the_foreground_the_owner_outlasts_those_that_block_it) {
  cluster.start_controllers();
  const auto uid = map("owner");
  map("held", {{"ConfigMap", "owner", uid, true}}, R"(,"finalizers":["x.io/y"])");
  map("child", {{"ConfigMap", "owner", uid, true}});
  const auto marked = del("owner", "Foreground");
  EXPECT_EQ(marked.at("metadata.finalizers"), R"(["foregroundDeletion"])");
  until_gone("child");
  settle();
  EXPECT_EQ(status("owner"), 200);
  EXPECT_NE(at("held", "metadata.deletionTimestamp"), "(none)");
  cluster.api.patch(cat(maps, "/held"), "merge-patch", R"({"metadata":{"finalizers":null}})");
  until_gone("owner");
}

TEST_F(Garbage, in_the_foreground_those_that_do_not_block_are_not_waited_for) {
  cluster.start_controllers();
  const auto uid = map("owner");
  map("held", {{"ConfigMap", "owner", uid}}, R"(,"finalizers":["x.io/y"])");
  del("owner", "Foreground");
  until_gone("owner");
  cluster.until(maps, [&] { return at("held", "metadata.deletionTimestamp") != "(none)"; });
}

TEST_F(Garbage, in_the_foreground_the_whole_tree_goes_from_the_leaves) {
  cluster.start_controllers();
  auto watch = cluster.api.watch(cat(maps, "?watch=true"));
  const auto root = map("root");
  const auto branch = map("branch", {{"ConfigMap", "root", root, true}});
  map("leaf", {{"ConfigMap", "branch", branch, true}});
  del("root", "Foreground");
  std::vector<std::string> gone;
  while (gone.size() < 3) {
    const auto event = watch->next_event();
    if (event.starts_with("DELETED")) gone.push_back(event.substr(8, event.rfind(' ') - 8));
  }
  EXPECT_THAT(gone, testing::ElementsAre("leaf", "branch", "root"));
}

TEST_F(Garbage, in_the_foreground_what_somebody_else_owns_stays) {
  cluster.start_controllers();
  const auto one = map("one");
  const auto two = map("two");
  map("child", {{"ConfigMap", "one", one, true}, {"ConfigMap", "two", two, true}});
  del("one", "Foreground");
  until_gone("one");
  EXPECT_THAT(at("child", "metadata.ownerReferences"), Not(HasSubstr(one)));
  EXPECT_EQ(at("child", "metadata.deletionTimestamp"), "(none)");
}

TEST_F(Garbage, objects_that_own_each_other_do_not_wait_for_ever) {
  cluster.start_controllers();
  const auto one = map("one");
  const auto two = map("two", {{"ConfigMap", "one", one, true}});
  cluster.api.patch(
      cat(maps, "/one"), "merge-patch",
      cat(R"({"metadata":{)", owned_by({{"ConfigMap", "two", two, true}}).substr(1), "}}"));
  settle();
  EXPECT_EQ(status("one"), 200);
  EXPECT_EQ(status("two"), 200);
  del("one", "Foreground");
  until_gone("one");
  until_gone("two");
}

TEST_F(Garbage, an_object_that_owns_itself_can_be_deleted) {
  cluster.start_controllers();
  const auto uid = map("self");
  cluster.api.patch(
      cat(maps, "/self"), "merge-patch",
      cat(R"({"metadata":{)", owned_by({{"ConfigMap", "self", uid, true}}).substr(1), "}}"));
  settle();
  EXPECT_EQ(status("self"), 200);
  EXPECT_EQ(del("self", "Background").status, 200);
  EXPECT_EQ(status("self"), 404);
}

TEST_F(Garbage, orphans_are_forgotten_before_their_owner_goes) {
  cluster.start_controllers();
  const auto uid = map("owner");
  const auto other = map("other");
  map("child", {{"ConfigMap", "owner", uid, true}});
  map("shared", {{"ConfigMap", "owner", uid}, {"ConfigMap", "other", other}});
  EXPECT_EQ(del("owner", "Orphan").at("metadata.finalizers"), R"(["orphan"])");
  until_gone("owner");
  settle();
  EXPECT_EQ(at("child", "metadata.ownerReferences"), "(none)");
  EXPECT_THAT(at("shared", "metadata.ownerReferences"), HasSubstr(other));
  EXPECT_THAT(at("shared", "metadata.ownerReferences"), Not(HasSubstr(uid)));
}

TEST_F(Garbage, a_foreign_finalizer_outlasts_ours) {
  cluster.start_controllers();
  map("owner", {}, R"(,"finalizers":["x.io/y"])");
  del("owner", "Foreground");
  cluster.until(maps, [&] { return at("owner", "metadata.finalizers") == R"(["x.io/y"])"; });
  EXPECT_EQ(status("owner"), 200);
}

TEST_F(Garbage, a_start_in_the_middle_goes_on) {
  const auto owner = map("owner");
  map("child", {{"ConfigMap", "owner", owner, true}});
  const auto keeper = map("keeper");
  map("kept", {{"ConfigMap", "keeper", keeper, true}});
  const auto lost = map("lost");
  map("stray", {{"ConfigMap", "lost", lost}});
  del("owner", "Foreground");
  del("keeper", "Orphan");
  del("lost", "Background");
  EXPECT_EQ(status("owner"), 200);
  EXPECT_EQ(status("keeper"), 200);
  cluster.start_controllers();
  for (const auto* name : {"owner", "child", "keeper", "stray"}) until_gone(name);
  EXPECT_EQ(at("kept", "metadata.ownerReferences"), "(none)");
}

TEST_F(Garbage, of_many_dependents_all_go) {
  cluster.start_controllers();
  const auto uid = map("owner");
  for (int i = 0; i < 300; ++i) map(cat("child-", i), {{"ConfigMap", "owner", uid, true}});
  del("owner", "Foreground");
  until_gone("owner");
  const auto left = cluster.api.get(maps).json();
  EXPECT_EQ(codec::array_at(left, "items").size(), 1U) << "the authority's certificate";
}

TEST_F(Garbage, a_pod_with_grace_is_waited_for) {
  cluster.start_controllers();
  cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");
  const auto uid = map("owner");
  cluster.make("/api/v1/namespaces/default/pods",
               cat(R"({"metadata":{"name":"p")", owned_by({{"ConfigMap", "owner", uid, true}}),
                   R"(},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"i"}]}})"));
  del("owner", "Foreground");
  cluster.until("/api/v1/namespaces/default/pods", [&] {
    return cluster.api.get("/api/v1/namespaces/default/pods/p")
               .at("metadata.deletionGracePeriodSeconds") == "30";
  });
  EXPECT_EQ(status("owner"), 200);
  cluster.api.del("/api/v1/namespaces/default/pods/p", R"({"gracePeriodSeconds":0})");
  until_gone("owner");
}

}  // namespace
}  // namespace signet::control
