// Events through both of their versions. Here, because this folder has the real kinds and an Api.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using fixture::Cluster;
using testing::HasSubstr;

constexpr std::string_view core = "/api/v1/namespaces/default/events";
constexpr std::string_view newer = "/apis/events.k8s.io/v1/namespaces/default/events";
constexpr std::string_view body = R"({"metadata":{"name":"e"},
    "eventTime":"2026-01-01T00:00:00.000001Z","regarding":{"kind":"Pod","name":"p",
    "namespace":"default"},"note":"slow","type":"Normal","reason":"Slow","action":"Pull",
    "reportingController":"x.io/robot","reportingInstance":"r-1"})";

TEST(EventVersions, show_the_same_object) {
  Cluster cluster;
  const auto made = cluster.api.post(newer, std::string(body));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.at("apiVersion"), "events.k8s.io/v1");
  EXPECT_EQ(made.at("note"), "slow");
  EXPECT_EQ(made.at("deprecatedFirstTimestamp"), "null");
  const auto seen = cluster.api.get(cat(core, "/e"));
  EXPECT_EQ(seen.at("apiVersion"), "v1");
  EXPECT_EQ(seen.at("message"), "slow");
  EXPECT_EQ(seen.at("involvedObject.name"), "p");
  EXPECT_EQ(seen.at("metadata.resourceVersion"), made.at("metadata.resourceVersion"));
  EXPECT_EQ(cluster.api.get(cat(newer, "/e")).body, made.body);
}

TEST(EventVersions, list_and_select_by_their_own_names) {
  Cluster cluster;
  cluster.api.post(newer, std::string(body));
  const auto list = cluster.api.get(cat(newer, "?fieldSelector=regarding.name=p"));
  EXPECT_EQ(list.at("apiVersion"), "events.k8s.io/v1");
  EXPECT_EQ(list.at("kind"), "EventList");
  EXPECT_THAT(list.at("items"), HasSubstr(R"("note":"slow")"));
  EXPECT_EQ(cluster.api.get(cat(newer, "?fieldSelector=regarding.name=q")).at("items"), "[]");
  EXPECT_EQ(cluster.api.get(cat(newer, "?fieldSelector=involvedObject.name=p")).status, 400);
  EXPECT_THAT(cluster.api.get(cat(core, "?fieldSelector=involvedObject.name=p")).at("items"),
              HasSubstr(R"("message":"slow")"));
}

TEST(EventVersions, are_patched_and_put_by_their_own_names) {
  Cluster cluster;
  cluster.api.post(newer, std::string(body));
  const auto patched = cluster.api.patch(
      cat(newer, "/e"), "strategic-merge-patch",
      R"({"series":{"count":2,"lastObservedTime":"2026-01-01T00:00:01.000000Z"},"note":"slower"})");
  EXPECT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(patched.at("note"), "slower");
  EXPECT_EQ(cluster.api.get(cat(core, "/e")).at("message"), "slower");
  EXPECT_EQ(cluster.api.get(cat(core, "/e")).at("series.count"), "2");
  auto whole = patched.json();
  whole.as_object()["note"] = "slowest";
  EXPECT_EQ(cluster.api.put(cat(newer, "/e"), codec::to_json(whole)).at("note"), "slowest");
  EXPECT_EQ(cluster.api.get(cat(core, "/e")).at("message"), "slowest");
}

TEST(EventVersions, are_watched_in_either) {
  Cluster cluster;
  auto watch = cluster.api.watch(cat(newer, "?watch=true&fieldSelector=regarding.name=p"));
  cluster.make(core, R"({"metadata":{"name":"old"},"message":"m",
                         "involvedObject":{"name":"p","namespace":"default"}})");
  cluster.make(core, R"({"metadata":{"name":"other"},
                         "involvedObject":{"name":"q","namespace":"default"}})");
  const auto added = watch->next();
  EXPECT_THAT(added, HasSubstr(R"("type":"ADDED")"));
  EXPECT_THAT(added, HasSubstr(R"("apiVersion":"events.k8s.io/v1")"));
  EXPECT_THAT(added, HasSubstr(R"("note":"m")"));
  EXPECT_EQ(cluster.api.del(cat(newer, "/old")).at("status"), "Success");
  EXPECT_THAT(watch->next_event(), testing::StartsWith("DELETED old "));
  EXPECT_TRUE(watch->quiet());
}

TEST(EventVersions, print_as_one) {
  Cluster cluster;
  cluster.api.post(newer, std::string(body));
  const machinery::fixture::Headers table{
      {"accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}};
  const auto old_rows = cluster.api.send("GET", core, {}, table).json();
  const auto new_rows = cluster.api.send("GET", newer, {}, table).json();
  EXPECT_EQ(codec::array_at(new_rows, "rows")[0].at("cells"),
            codec::array_at(old_rows, "rows")[0].at("cells"));
  EXPECT_EQ(*codec::find(new_rows, "columnDefinitions"),
            *codec::find(old_rows, "columnDefinitions"));
}

TEST(EventVersions, are_held_to_their_own_rules_when_made) {
  Cluster cluster;
  const auto refused = cluster.api.post(newer, R"({"metadata":{"name":"e"},"type":"Normal"})");
  EXPECT_THAT(refused.refusal(), HasSubstr("eventTime: Required value"));
}

TEST(EventVersions, go_together) {
  Cluster cluster;
  cluster.api.post(newer, std::string(body));
  EXPECT_EQ(cluster.api.del(newer).status, 200);
  EXPECT_EQ(cluster.api.get(cat(core, "/e")).status, 404);
}

// "manager operation apiVersion fields", an entry a line.
std::string owners(const fixture::Reply& reply) {
  std::string out;
  const auto object = reply.json();
  for (const auto& entry : codec::array_at(object, "metadata.managedFields")) {
    append(out, codec::string_at(entry, "manager"), ' ', codec::string_at(entry, "operation"), ' ',
           codec::string_at(entry, "apiVersion"), ' ',
           codec::to_json(*codec::find(entry, "fieldsV1")), '\n');
  }
  return out;
}

TEST(EventVersions, keep_who_owns_what_in_the_version_that_was_written) {
  Cluster cluster;
  const auto apply = [&](std::string_view base, std::string_view manager, std::string_view version,
                         std::string_view members) {
    return cluster.api.send("PATCH", cat(base, "/a?fieldManager=", manager),
                            cat(R"({"apiVersion":")", version,
                                R"(","kind":"Event","metadata":{"name":"a"},)", members, '}'),
                            {{"content-type", "application/apply-patch+yaml"}});
  };
  constexpr std::string_view core_version = "v1";
  constexpr std::string_view newer_version = "events.k8s.io/v1";
  const auto made =
      apply(core, "m", core_version,
            R"("involvedObject":{"kind":"Pod","name":"p","namespace":"default"},"message":"slow")");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(owners(made), "m Apply v1 {\"f:involvedObject\":{},\"f:message\":{}}\n");

  // Another name of the field is no other field.
  const auto conflict = apply(newer, "n", newer_version, R"("note":"fast")");
  EXPECT_EQ(conflict.status, 409) << conflict.body;
  EXPECT_THAT(conflict.body, HasSubstr(R"(conflict with \"m\": .message)"));
  const auto shared = apply(newer, "n", newer_version, R"("note":"slow")");
  ASSERT_EQ(shared.status, 200) << shared.body;
  EXPECT_THAT(owners(shared), HasSubstr("n Apply events.k8s.io/v1 {\"f:note\":{}}\n"));
  EXPECT_THAT(owners(shared), HasSubstr("m Apply v1 "));

  // What somebody else owns stays, whatever they call it; what nobody owns any more goes.
  const auto kept = apply(core, "m", core_version,
                          R"("involvedObject":{"kind":"Pod","name":"p","namespace":"default"})");
  EXPECT_EQ(kept.at("message"), "slow") << kept.body;
  const auto gone = apply(core, "n", core_version, R"("reason":"Slow")");
  EXPECT_EQ(gone.status, 200) << gone.body;
  EXPECT_EQ(gone.at("message"), "(none)") << gone.body;
  EXPECT_THAT(owners(gone), HasSubstr("n Apply v1 {\"f:reason\":{}}\n"));

  // An update takes what it changes from all.
  const auto updated =
      cluster.api.patch(cat(newer, "/a?fieldManager=u"), "merge-patch", R"({"reason":"Fast"})");
  EXPECT_EQ(updated.status, 200) << updated.body;
  EXPECT_THAT(owners(updated), HasSubstr("u Update events.k8s.io/v1 {\"f:reason\":{}}\n"));
  EXPECT_THAT(owners(updated), testing::Not(HasSubstr("n Apply")));
}

}  // namespace
}  // namespace signet::control
