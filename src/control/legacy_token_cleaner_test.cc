#include "control/legacy_token_cleaner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control/control_fixture_for_tests.h"
#include "token/legacy_labels.h"

namespace signet::control {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view secrets = "/api/v1/namespaces/default/secrets";
constexpr std::string_view accounts = "/api/v1/namespaces/default/serviceaccounts";
constexpr std::string_view since_map =
    "/api/v1/namespaces/kube-system/configmaps/"
    "kube-apiserver-legacy-service-account-token-tracking";
constexpr hours year = LegacyTokenCleaner::default_period;
constexpr std::string_view token_type = "kubernetes.io/service-account-token";

// What makes a secret of the account `a`, which lists it, differ from one that nobody uses.
struct Different {
  std::string labels;
  std::string annotations;
  std::string_view type = token_type;
  std::string finalizers;
};

class CleaningOfLegacyTokens : public testing::Test {
 protected:
  fixture::Cluster cluster;
  std::string account;  // its uid

  // The account lists these, and always `zz`, which nobody uses: it comes last, so that whoever
  // sees it marked knows that the round is over.
  void make_account(const std::vector<std::string>& listed) {
    std::string entries = R"({"name":"zz"})";
    for (const auto& name : listed) append(entries, R"(,{"name":")", name, "\"}");
    account = cluster.make(accounts, cat(R"({"metadata":{"name":"a"},"secrets":[)", entries, "]}"));
  }
  void make_secret(std::string_view name, const Different& how = {}) {
    cluster.make(secrets, cat(R"({"metadata":{"name":")", name, R"(","labels":{)", how.labels,
                              R"(},"finalizers":[)", how.finalizers,
                              R"(],"annotations":{"kubernetes.io/service-account.name":"a")",
                              how.annotations.empty() ? "" : ",", how.annotations, R"(}},"type":")",
                              how.type, R"(","stringData":{"token":"t"}})"));
  }
  Instant now() { return cluster.api.clock().now(); }
  std::string date(days ahead) { return token::label_date(now() + ahead); }
  static std::string last_used(std::string_view value) {
    return cat('"', token::last_used_label, R"(":")", value, '"');
  }
  static std::string invalid_since(std::string_view value) {
    return cat('"', token::invalid_since_label, R"(":")", value, '"');
  }
  // "unmarked", "gone", or the day since when it is invalid.
  std::string state(std::string_view name) {
    const auto got = cluster.api.get(cat(secrets, '/', name));
    if (got.status == 404) return "gone";
    const auto object = got.json();
    const auto* value =
        codec::object_at(object, "metadata.labels").if_contains(token::invalid_since_label);
    return value == nullptr ? "unmarked" : std::string(value->as_string());
  }
  void until(std::string_view name, std::string_view wanted) {
    cluster.until(secrets, [&] { return state(name) == wanted; });
  }
  void settle() {
    for (int i = 0; i < 8; ++i) cluster.api.thread().run([] {});
  }
  // Until the other controller has put the secrets right: one that changes in the middle of a round
  // is not looked at again before the next day, which a test does not wait for.
  void until_filled() {
    cluster.until(secrets, [&] {
      const auto list = cluster.api.get(secrets).json();
      return std::ranges::all_of(codec::array_at(list, "items"), [](const codec::Json& secret) {
        return codec::string_at(secret, "type") != token_type ||
               !codec::string_at(secret, "metadata.deletionTimestamp").empty() ||
               codec::object_at(secret, "data").contains("ca.crt");
      });
    });
  }
  // Uses are tracked from now on.
  void track() {
    cluster.start_controllers();
    cluster.until("/api/v1/namespaces/kube-system/configmaps",
                  [&] { return cluster.api.get(since_map).status == 200; });
    until_filled();
  }
  void restart() {
    cluster.stop_controllers();
    cluster.start_controllers();
  }
};

TEST_F(CleaningOfLegacyTokens, marks_what_was_unused_for_a_year_and_removes_it_after_another) {
  make_account({});
  make_secret("zz");
  track();
  cluster.api.clock().advance(year + days{1});
  const auto marked = date({});
  until("zz", marked);
  cluster.api.clock().advance(year);
  settle();
  EXPECT_EQ(state("zz"), marked);  // a whole year, and days are all that labels tell
  cluster.api.clock().advance(days{1});
  until("zz", "gone");
}

TEST_F(CleaningOfLegacyTokens, looks_once_a_day) {
  make_account({});
  track();
  cluster.api.clock().advance(2 * year);
  settle();
  // Made now, for a year ago: creation is the server's to say, so time goes on instead.
  make_secret("zz");
  until_filled();
  cluster.api.clock().advance(year);
  settle();
  EXPECT_EQ(state("zz"), "unmarked");  // created exactly a year ago
  cluster.api.clock().advance(hours{24} - seconds{1});
  settle();
  EXPECT_EQ(state("zz"), "unmarked");
  cluster.api.clock().advance(seconds{1});
  until("zz", date({}));
}

TEST_F(CleaningOfLegacyTokens, waits_until_uses_were_tracked_for_a_year_and_a_day) {
  make_account({});
  make_secret("zz");
  cluster.api.clock().advance(days{10});
  track();
  const auto midnight = std::chrono::floor<days>(now());
  cluster.api.clock().advance(midnight + days{1} + year - seconds{1} - now());
  settle();
  EXPECT_EQ(state("zz"), "unmarked");
  cluster.api.clock().advance(seconds{1});
  restart();
  until("zz", date({}));
}

TEST_F(CleaningOfLegacyTokens, does_nothing_without_knowing_since_when_uses_are_tracked) {
  make_account({});
  make_secret("zz");
  track();
  cluster.stop_controllers();
  EXPECT_EQ(cluster.api.patch(since_map, "merge-patch", R"({"data":{"since":"2020"}})").status,
            200);
  cluster.api.clock().advance(3 * year);
  cluster.start_controllers();
  settle();
  EXPECT_EQ(state("zz"), "unmarked");
}

TEST_F(CleaningOfLegacyTokens, does_nothing_before_a_day_that_somebody_put_far_ahead) {
  make_account({});
  make_secret("zz");
  track();
  cluster.stop_controllers();
  EXPECT_EQ(
      cluster.api.patch(since_map, "merge-patch", R"({"data":{"since":"9999-12-31"}})").status,
      200);
  cluster.api.clock().advance(3 * year);
  cluster.start_controllers();
  settle();
  EXPECT_EQ(state("zz"), "unmarked");
}

TEST_F(CleaningOfLegacyTokens, keeps_what_it_has_to_keep) {
  const std::vector<std::string> kept{"deleting", "edited", "mounted",
                                      "opaque",   "pulled", "variable"};
  auto listed = kept;
  for (const auto* name : {"free", "free-named", "free-uid"}) listed.emplace_back(name);
  make_account(listed);
  make_secret("manual");
  make_secret("opaque", {.type = "Opaque"});
  make_secret("edited", {.labels = last_used("last-year")});
  make_secret("deleting", {.finalizers = R"("example.com/wait")"});
  EXPECT_EQ(cluster.api.del(cat(secrets, "/deleting")).status, 200);
  for (const auto* name : {"mounted", "pulled", "variable", "free"}) make_secret(name);
  make_secret("free-named");
  make_secret("free-uid",
              {.annotations = cat(R"("kubernetes.io/service-account.uid":")", account, '"')});
  make_secret("zz");
  cluster.make_pod("p", R"(,"volumes":[{"name":"v","secret":{"secretName":"mounted"}},
                                       {"name":"free-named","configMap":{"name":"free-named"}}],
                            "imagePullSecrets":[{"name":"pulled"}],
                            "initContainers":[{"name":"i","image":"i","env":[{"name":"E","valueFrom":
                              {"secretKeyRef":{"name":"variable","key":"k"}}}]}])");
  track();
  cluster.api.clock().advance(year + days{1});
  until("zz", date({}));
  for (const auto& name : kept) EXPECT_EQ(state(name), "unmarked") << name;
  EXPECT_EQ(state("manual"), "unmarked");
  for (const auto* name : {"free", "free-named", "free-uid"}) {
    EXPECT_EQ(state(name), date({})) << name;
  }
}

TEST_F(CleaningOfLegacyTokens, goes_by_the_day_of_the_last_use) {
  make_account({"a-used", "b-used", "c-created"});
  track();
  cluster.api.clock().advance(days{5});
  const auto limit_day = token::label_date(now());
  make_secret("a-used", {.labels = last_used(limit_day)});
  make_secret("b-used", {.labels = last_used(date(days{-1}))});
  make_secret("zz");
  cluster.api.clock().advance(seconds{1});
  make_secret("c-created");  // at the limit; the others a second before
  until_filled();
  cluster.stop_controllers();
  cluster.api.clock().advance(year);
  cluster.start_controllers();
  until("zz", date({}));
  EXPECT_EQ(state("a-used"), "unmarked");
  EXPECT_EQ(state("b-used"), date({}));
  EXPECT_EQ(state("c-created"), "unmarked");
}

TEST_F(CleaningOfLegacyTokens, goes_by_the_day_of_the_mark_and_replaces_one_that_is_none) {
  make_account({"a-marked", "b-marked", "c-edited"});
  track();
  const auto limit_day = date(days{1});
  make_secret("a-marked", {.labels = invalid_since(limit_day)});
  make_secret("b-marked", {.labels = invalid_since(date({}))});
  make_secret("c-edited", {.labels = invalid_since("long-ago")});
  make_secret("zz");
  until_filled();
  cluster.api.clock().advance(year + days{1});
  until("zz", date({}));
  EXPECT_EQ(state("a-marked"), limit_day);
  EXPECT_EQ(state("b-marked"), "gone");
  EXPECT_EQ(state("c-edited"), date({}));
}

TEST_F(CleaningOfLegacyTokens, who_takes_the_mark_away_or_uses_the_token_has_a_year_again) {
  make_account({"a"});
  make_secret("a");
  make_secret("zz");
  track();
  cluster.api.clock().advance(year + days{1});
  until("zz", date({}));
  EXPECT_EQ(state("a"), date({}));
  cluster.api.clock().advance(days{100});
  EXPECT_EQ(cluster.api
                .patch(cat(secrets, "/a"), "merge-patch",
                       cat(R"({"metadata":{"labels":{")", token::invalid_since_label, R"(":null,)",
                           last_used(date({})), "}}}"))
                .status,
            200);
  cluster.api.clock().advance(year - days{99});
  until("zz", "gone");
  EXPECT_EQ(state("a"), "unmarked");
}

TEST_F(CleaningOfLegacyTokens, finds_the_pod_that_names_a_secret_among_very_many) {
  make_account({"mounted"});
  make_secret("mounted");
  make_secret("zz");
  for (int i = 0; i < 600; ++i) cluster.make_pod(cat("p", i));
  cluster.make_pod("q", R"(,"volumes":[{"name":"v","secret":{"secretName":"mounted"}}])");
  track();
  cluster.api.clock().advance(year + days{1});
  until("zz", date({}));
  EXPECT_EQ(state("mounted"), "unmarked");
}

TEST_F(CleaningOfLegacyTokens, ends_in_the_middle_when_the_server_does) {
  make_account({});
  make_secret("zz");
  for (int i = 0; i < 200; ++i) cluster.make_pod(cat("p", i));
  track();
  cluster.api.clock().advance(year + days{1});  // begins, and is in the pods
  cluster.stop_controllers();
  settle();
  EXPECT_EQ(state("zz"), "unmarked");
}

}  // namespace
}  // namespace signet::control
