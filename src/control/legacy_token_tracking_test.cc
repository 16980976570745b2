#include "control/legacy_token_tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/control_fixture_for_tests.h"
#include "token/legacy_labels.h"

namespace signet::control {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view maps = "/api/v1/namespaces/kube-system/configmaps";
constexpr std::string_view since_map =
    "/api/v1/namespaces/kube-system/configmaps/"
    "kube-apiserver-legacy-service-account-token-tracking";
constexpr std::string_view secrets = "/api/v1/namespaces/default/secrets";
constexpr std::string_view s = "/api/v1/namespaces/default/secrets/s";

class TrackingOfLegacyTokens : public testing::Test {
 protected:
  fixture::Cluster cluster;

  std::string since() { return cluster.api.get(since_map).at("data.since"); }
  std::string today(days ahead = {}) {
    return token::label_date(cluster.api.clock().now() + ahead);
  }
  void until_since(std::string_view date) {
    cluster.until(maps, [&] { return since() == date; });
  }
  // Whatever was told so far has been heard, and what came of it done.
  void settle() {
    for (int i = 0; i < 8; ++i) cluster.api.thread().run([] {});
  }
  void make_secret(std::string_view labels = "") {
    cluster.make(secrets, cat(R"({"metadata":{"name":"s","labels":{"mine":"1")",
                              labels.empty() ? "" : ",", labels, "}}}"));
  }
  std::string label(std::string_view name) {
    const auto object = cluster.api.get(s).json();
    const auto* value = codec::object_at(object, "metadata.labels").if_contains(name);
    return value == nullptr ? "(none)" : std::string(value->as_string());
  }
  std::string last_used() { return label(token::last_used_label); }
  void until_used(std::string_view date) {
    cluster.until(secrets, [&] { return last_used() == date; });
  }
};

TEST_F(TrackingOfLegacyTokens, says_since_when_and_a_restart_keeps_it) {
  cluster.start_controllers();
  until_since("2023-11-14");
  cluster.stop_controllers();
  cluster.api.clock().advance(days{3});
  cluster.start_controllers();
  settle();
  EXPECT_EQ(since(), "2023-11-14");
}

TEST_F(TrackingOfLegacyTokens, a_date_that_is_none_is_written_anew) {
  cluster.start_controllers();
  until_since("2023-11-14");
  cluster.api.clock().advance(days{3});
  for (const auto* edit : {R"({"data":{"since":"2023-11-31"}})", R"({"data":{"since":null}})",
                           R"({"data":null})"}) {
    EXPECT_EQ(cluster.api.patch(since_map, "merge-patch", edit).status, 200);
    until_since("2023-11-17");
  }
  EXPECT_EQ(
      cluster.api.patch(since_map, "merge-patch", R"({"data":{"since":"2022-01-01"}})").status,
      200);
  settle();
  EXPECT_EQ(since(), "2022-01-01");  // whoever moved the state here from elsewhere
}

TEST_F(TrackingOfLegacyTokens, a_map_that_is_taken_away_comes_back_once_in_half_an_hour) {
  cluster.start_controllers();
  until_since("2023-11-14");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cluster.api.del(since_map).status, 200);
    settle();
    EXPECT_EQ(cluster.api.get(since_map).status, 404);
    cluster.api.clock().advance(minutes{30} - seconds{1});
    settle();
    EXPECT_EQ(cluster.api.get(since_map).status, 404);
    cluster.api.clock().advance(seconds{1});
    cluster.until(maps, [&] { return cluster.api.get(since_map).status == 200; });
  }
}

TEST_F(TrackingOfLegacyTokens, the_day_of_the_last_use_is_written_beside_other_labels) {
  make_secret();
  cluster.uses.add("default/s");  // before anybody listens
  cluster.start_controllers();
  until_used(today());
  EXPECT_EQ(label("mine"), "1");
  cluster.api.clock().advance(days{1});
  cluster.uses.add("default/s");
  until_used(today());
}

TEST_F(TrackingOfLegacyTokens, a_second_use_of_a_day_writes_nothing_nor_does_the_day_before) {
  cluster.start_controllers();
  for (const auto& date : {today(), today(days{1})}) {
    make_secret(cat('"', token::last_used_label, R"(":")", date, '"'));
    const auto before = cluster.api.get(s).at("metadata.resourceVersion");
    cluster.uses.add("default/s");
    settle();
    EXPECT_EQ(cluster.api.get(s).at("metadata.resourceVersion"), before);
    cluster.api.del(s);
  }
}

TEST_F(TrackingOfLegacyTokens, what_a_person_wrote_instead_of_a_date_is_written_over) {
  cluster.start_controllers();
  for (const auto* text : {"", "never", "2023-11-99", "9999-12-31"}) {
    make_secret(cat('"', token::last_used_label, R"(":")", text, '"'));
    cluster.uses.add("default/s");
    until_used(today());
    cluster.api.del(s);
  }
}

TEST_F(TrackingOfLegacyTokens, a_secret_that_is_gone_holds_up_nobody) {
  make_secret();
  cluster.start_controllers();
  for (int i = 0; i < 100; ++i) cluster.uses.add(cat("default/gone-", i));
  cluster.uses.add("default/s");
  until_used(today());
}

TEST_F(TrackingOfLegacyTokens, a_deleted_account_is_nothing_to_migrate_any_more) {
  cluster.start_controllers();
  cluster.make("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"a"}})");
  for (const auto* account : {"a", "default"}) {
    cluster.ledger.record({.finding = identity::Finding::legacy_token,
                           .ns = "default",
                           .account = account,
                           .address = "10.0.0.7:1",
                           .reviewer = {},
                           .wanted = {},
                           .object = {}},
                          whole_seconds(cluster.api.clock().now()));
  }
  EXPECT_EQ(cluster.api.del("/api/v1/namespaces/default/serviceaccounts/a").status, 200);
  settle();
  const auto left = cluster.ledger.contents(whole_seconds(cluster.api.clock().now()));
  ASSERT_EQ(left.entries.size(), 1U);
  EXPECT_EQ(left.entries.front().account, "default");
}

}  // namespace
}  // namespace signet::control
