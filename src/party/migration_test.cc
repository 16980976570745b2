// A migration of audiences in its three phases, and who still has to move.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "party/party_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

class MigrationTest : public PartyTest {
 protected:
  void phase(std::string_view name) {
    policy(main_issuer() + route("r", cat("audiences: {phase: ", name,
                                          ", old: [api], new: [payments]}, ", everybody)));
  }
  std::string token(std::vector<std::string_view> audiences, std::string_view name = "cart") const {
    const auto subject = cat("system:serviceaccount:shop:", name);
    auto changed = claims();
    changed.audiences = std::move(audiences);
    changed.subject = subject;
    changed.service_account.name = name;
    return sign(p256(), token::compose(changed));
  }
};

TEST_F(MigrationTest, goes_from_the_old_audience_to_the_new_in_three_phases) {
  struct Row {
    std::string_view phase, old_only, new_only, both;
  };
  const auto with_old = token({"api"});
  const auto with_new = token({"payments"});
  const auto with_both = token({"payments", "api"});
  for (const auto& row : {Row{"old", "allowed", "wrong_audience", "allowed"},
                          Row{"both", "allowed", "allowed", "allowed"},
                          Row{"new", "wrong_audience", "allowed", "allowed"},
                          Row{"both", "allowed", "allowed", "allowed"}}) {
    SCOPED_TRACE(row.phase);
    phase(row.phase);
    EXPECT_EQ(check_word(with_old), row.old_only);
    EXPECT_EQ(check_word(with_new), row.new_only);
    EXPECT_EQ(check_word(with_both), row.both);
  }
}

TEST_F(MigrationTest, lists_who_is_let_in_by_the_old_audience_alone) {
  phase("both");
  const auto slow = token({"api"}, "slow");
  const auto moved = token({"payments"}, "moved");
  const auto moving = token({"api", "payments"}, "moving");
  const auto first = moments_.now().wall;
  for (int i = 0; i < 3; ++i) {
    for (const auto& each : {slow, moved, moving}) EXPECT_EQ(check_word(each), "allowed");
    if (i < 2) advance(seconds{5});
  }
  const auto uses = old_audiences_.uses();
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].route, "r");
  EXPECT_EQ(uses[0].cluster, "prod");
  EXPECT_EQ(uses[0].ns, "shop");
  EXPECT_EQ(uses[0].name, "slow");
  EXPECT_EQ(uses[0].checks, 3U);
  EXPECT_EQ(uses[0].first_seen, first);
  EXPECT_EQ(uses[0].last_seen, first + seconds{10});
  EXPECT_THAT(metrics_.text(),
              ::testing::HasSubstr("signet_party_old_audience_checks_total{cluster=\"prod\","
                                   "namespace=\"shop\",route=\"r\",service_account=\"slow\"} 3"));
}

TEST_F(MigrationTest, has_nobody_left_in_the_last_phase) {
  phase("new");
  EXPECT_EQ(check_word(token({"payments", "api"})), "allowed");
  EXPECT_EQ(check_word(token({"api"})), "wrong_audience");
  EXPECT_TRUE(old_audiences_.uses().empty());
}

TEST_F(MigrationTest, lists_a_thousand_accounts_and_counts_the_rest) {
  const auto now = moments_.now().wall;
  for (std::size_t i = 0; i < OldAudiences::accounts_max + 5; ++i) {
    const Caller caller{.cluster = "c", .ns = "n", .name = cat("a-", i)};
    old_audiences_.of("r", caller, now)->count(now);
    old_audiences_.of("r", caller, now)->count(now);
  }
  EXPECT_EQ(old_audiences_.uses().size(), OldAudiences::accounts_max);
  EXPECT_EQ(old_audiences_.left_out(), 10U);
}

}  // namespace
}  // namespace signet::party::fixture
