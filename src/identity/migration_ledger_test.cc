#include "identity/migration_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "codec/json.h"
#include "identity/migration_report.h"

namespace signet::identity {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr UnixTime t0{seconds{1'700'000'000}};

Sighting sighting(std::string_view account, std::string_view address = "10.0.0.7:4242",
                  Finding finding = Finding::legacy_token) {
  return {.finding = finding,
          .ns = "shop",
          .account = account,
          .address = address,
          .reviewer = {},
          .wanted = {},
          .object = "secret/web-token"};
}

class Ledger : public testing::Test {
 protected:
  telemetry::Registry metrics;
  MigrationLedger ledger{{}, t0, metrics};

  double gauge(Finding finding) {
    return metrics.gauge("signet_tokens_to_migrate", "", {{"finding", to_string(finding)}}).value();
  }
  double dropped(std::string_view what) {
    return metrics.counter("signet_tokens_to_migrate_dropped_total", "", {{"what", what}}).value();
  }
};

TEST_F(Ledger, says_who_since_when_how_often_and_from_where) {
  ledger.record(sighting("web"), t0 + seconds{1});
  ledger.record(sighting("web", "[fd00::1]:9"), t0 + seconds{2});
  ledger.record(sighting("web", "10.0.0.7:4243"), t0 + seconds{3});
  const auto contents = ledger.contents(t0 + seconds{3});
  EXPECT_EQ(contents.since, t0);
  ASSERT_THAT(contents.entries, SizeIs(1));
  const auto& web = contents.entries.front();
  EXPECT_EQ(cat(to_string(web.finding), ' ', web.ns, '/', web.account), "legacy_token shop/web");
  EXPECT_EQ(web.first_seen, t0 + seconds{1});
  EXPECT_EQ(web.last_seen, t0 + seconds{3});
  EXPECT_EQ(web.count, 3U);
  ASSERT_THAT(web.sources, SizeIs(2));  // a port is not another source
  EXPECT_EQ(web.sources[0].address, "10.0.0.7");
  EXPECT_EQ(web.sources[0].count, 2U);
  EXPECT_EQ(web.sources[1].address, "fd00::1");
  EXPECT_EQ(web.sources[1].last_seen, t0 + seconds{2});
}

TEST_F(Ledger, keeps_findings_and_reviewers_apart) {
  auto asked = sighting("web", "10.0.0.9:1", Finding::default_audience);
  asked.reviewer = "system:serviceaccount:vault:vault";
  asked.wanted = "vault";
  ledger.record(asked, t0);
  asked.wanted = "db";
  ledger.record(asked, t0);
  ledger.record(sighting("web"), t0);
  ledger.record(sighting("other"), t0);
  EXPECT_EQ(gauge(Finding::legacy_token), 2);
  EXPECT_EQ(gauge(Finding::default_audience), 1);
  EXPECT_EQ(gauge(Finding::stale_token), 0);
  const auto contents = ledger.contents(t0);
  EXPECT_EQ(contents.entries.back().sources.size(), 2U);
}

TEST_F(Ledger, forgets_what_was_not_seen_for_forty_days_and_accounts_that_are_gone) {
  ledger.record(sighting("old"), t0);
  ledger.record(sighting("web"), t0 + seconds{1});
  const auto later = t0 + std::chrono::days{40};
  EXPECT_THAT(ledger.contents(later).entries, SizeIs(2));
  EXPECT_THAT(ledger.contents(later + seconds{1}).entries, SizeIs(1));
  EXPECT_EQ(gauge(Finding::legacy_token), 1);
  ledger.forget("shop", "we");
  EXPECT_EQ(gauge(Finding::legacy_token), 1);
  ledger.forget("shop", "web");
  EXPECT_THAT(ledger.contents(later).entries, IsEmpty());
  EXPECT_EQ(gauge(Finding::legacy_token), 0);
  EXPECT_EQ(dropped("account"), 0);  // nothing was lost
}

TEST_F(Ledger, a_million_accounts_stay_within_the_limit_and_the_drop_is_counted) {
  constexpr int accounts = 1'000'000;
  const MigrationLedger::Options defaults;
  for (int i = 0; i < accounts; ++i) ledger.record(sighting(cat("a", i)), t0);
  const auto contents = ledger.contents(t0);
  EXPECT_EQ(contents.entries.size(), defaults.accounts_max);
  EXPECT_EQ(contents.entries.front().account, cat("a", accounts - 1));
  EXPECT_EQ(contents.accounts_dropped, accounts - defaults.accounts_max);
  EXPECT_EQ(dropped("account"), static_cast<double>(contents.accounts_dropped));
  EXPECT_EQ(gauge(Finding::legacy_token), static_cast<double>(defaults.accounts_max));
}

TEST_F(Ledger, a_million_addresses_stay_within_the_limit_and_the_drop_is_counted) {
  constexpr int addresses = 1'000'000;
  const MigrationLedger::Options defaults;
  for (int i = 0; i < addresses; ++i) ledger.record(sighting("web", cat("10.", i, ":1")), t0);
  const auto contents = ledger.contents(t0);
  ASSERT_THAT(contents.entries, SizeIs(1));
  EXPECT_EQ(contents.entries.front().count, addresses);
  EXPECT_EQ(contents.entries.front().sources.size(), defaults.sources_max);
  EXPECT_EQ(contents.entries.front().sources.front().address, cat("10.", addresses - 1));
  EXPECT_EQ(contents.sources_dropped, addresses - defaults.sources_max);
  EXPECT_EQ(dropped("source"), static_cast<double>(contents.sources_dropped));
}

TEST_F(Ledger, who_was_not_seen_for_longest_makes_room) {
  MigrationLedger small({.accounts_max = 2, .sources_max = 1}, t0, metrics);
  small.record(sighting("a"), t0);
  small.record(sighting("b"), t0);
  small.record(sighting("a"), t0);
  small.record(sighting("c"), t0);
  const auto contents = small.contents(t0);
  ASSERT_THAT(contents.entries, SizeIs(2));
  EXPECT_EQ(contents.entries[0].account, "c");
  EXPECT_EQ(contents.entries[1].account, "a");
}

TEST_F(Ledger, no_token_fits_into_a_text_and_no_text_breaks_the_report) {
  const std::string token =
      cat(std::string(300, 'h'), '.', std::string(300, 'p'), '.', std::string(86, 's'));
  auto asked = sighting("web", token, Finding::default_audience);
  asked.reviewer = token;
  asked.wanted = token;
  asked.object = token;
  ledger.record(asked, t0);
  asked.reviewer = "\xff\xfe\n\x1b[2J\"\\";
  ledger.record(asked, t0);
  const auto report = codec::to_json(to_report(ledger.contents(t0)));
  EXPECT_THAT(report, Not(HasSubstr("p.s")));
  EXPECT_THAT(report, Not(HasSubstr(std::string(MigrationLedger::object_bytes_max, 'h'))));
  EXPECT_THAT(report, HasSubstr(R"("reviewer":"???)"));
  const auto read = parse_report(report);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, ledger.contents(t0));
}

TEST_F(Ledger, what_was_restored_goes_on_from_there) {
  ledger.record(sighting("web"), t0);
  ledger.record(sighting("db"), t0 + seconds{5});
  const auto before = ledger.contents(t0 + seconds{5});
  telemetry::Registry other;
  MigrationLedger after({}, t0 + seconds{100}, other);
  after.restore(before);
  EXPECT_EQ(after.contents(t0 + seconds{5}), before);
  after.record(sighting("web"), t0 + seconds{101});
  const auto contents = after.contents(t0 + seconds{101});
  EXPECT_EQ(contents.entries.front().first_seen, t0);
  EXPECT_EQ(contents.entries.front().count, 2U);
  EXPECT_EQ(other.gauge("signet_tokens_to_migrate", "", {{"finding", "legacy_token"}}).value(), 2);
}

TEST_F(Ledger, a_restored_file_that_was_edited_stays_within_the_limits) {
  LedgerContents edited{.at = t0, .since = t0, .entries = {}};
  for (int i = 0; i < 5; ++i) {
    edited.entries.push_back({.finding = Finding::stale_token,
                              .ns = "shop",
                              .account = cat("a", i % 4),
                              .first_seen = t0,
                              .last_seen = t0 + seconds{i},
                              .count = 1,
                              .sources = std::vector<Source>(5)});
  }
  MigrationLedger small({.accounts_max = 3, .sources_max = 2}, t0, metrics);
  small.restore(edited);
  const auto contents = small.contents(t0);
  ASSERT_THAT(contents.entries, SizeIs(3));
  EXPECT_EQ(contents.entries.front().account, "a0");  // the latest of the two
  EXPECT_EQ(contents.entries.front().last_seen, t0 + seconds{4});
  EXPECT_THAT(contents.entries.front().sources, SizeIs(2));
}

TEST(MigrationReport, refuses_what_nobody_wrote) {
  const std::string_view whole =
      R"({"kind":"TokenReport","version":1,"at":"2023-11-14T22:13:20Z","since":"2023-11-14T22:13:20Z","droppedAccounts":0,)"
      R"("droppedSources":0,"items":[{"finding":"stale_token","namespace":"n","serviceAccount":"a",)"
      R"("firstSeen":"2023-11-14T22:13:20Z","lastSeen":"2023-11-14T22:13:20Z","count":1,)"
      R"("sources":[{"address":"1","lastSeen":"2023-11-14T22:13:20Z","count":1}]}]})";
  ASSERT_TRUE(parse_report(whole)) << parse_report(whole).error().message;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_FALSE(parse_report(whole.substr(0, cut))) << cut;
  }
  const auto with = [&](std::string_view old, std::string_view fresh) {
    std::string text(whole);
    text.replace(text.find(old), old.size(), fresh);
    const auto read = parse_report(text);
    return read ? std::string() : read.error().message;
  };
  EXPECT_THAT(with("TokenReport", "Else"), HasSubstr("no TokenReport"));
  EXPECT_THAT(with(R"("version":1)", R"("version":2)"), HasSubstr("no TokenReport"));
  EXPECT_EQ(with("stale_token", "stale"), "items[0]: finding is unknown");
  EXPECT_EQ(with(R"("namespace":"n")", R"("namespace":"")"),
            "items[0]: the service account has no name");
  EXPECT_EQ(with(R"("count":1)", R"("count":-1)"), "items[0]: count is no count");
  EXPECT_EQ(with(R"("address":"1")", cat(R"("address":")", std::string(129, 'x'), '"')),
            "items[0]: address is too long");
  EXPECT_THAT(with(R"("items":[)", R"("others":[)"), HasSubstr("no items"));
}

}  // namespace
}  // namespace signet::identity
