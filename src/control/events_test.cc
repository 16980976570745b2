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

}  // namespace
}  // namespace signet::control
