#include "verify/key_lifecycle.h"

#include <gtest/gtest.h>

namespace signet::verify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class KeyLifecycleTest : public testing::Test {
 protected:
  static constexpr KeyLifecycle::Rules rules{.soft_ttl = seconds{600},
                                             .soft_ttl_max = seconds{900},
                                             .hard_ttl = hours{6},
                                             .kid_miss_interval = seconds{30}};

  SteadyTime at(std::chrono::seconds after) const { return start_.steady + after; }
  Moment moment(std::chrono::seconds after) const {
    return {.steady = start_.steady + after, .wall = start_.wall + after};
  }

  Moment start_{.steady = SteadyTime() + hours{1000}, .wall = Instant() + hours{500'000}};
  SeededRandom random_{1};
  KeyLifecycle life_{rules, start_.steady};
};

TEST_F(KeyLifecycleTest, ages_from_empty_to_hard_stale) {
  EXPECT_EQ(life_.state(at(seconds{0})), KeyState::empty);
  EXPECT_FALSE(life_.usable(at(seconds{0})));
  EXPECT_TRUE(life_.wants_fetch(at(seconds{0})));
  life_.fetched(start_, std::nullopt, random_);
  EXPECT_EQ(life_.state(at(seconds{0})), KeyState::fresh);
  EXPECT_EQ(life_.state(at(seconds{599})), KeyState::fresh);
  EXPECT_EQ(life_.state(at(seconds{600})), KeyState::soft_stale);
  EXPECT_EQ(life_.state(at(hours{6} - seconds{1})), KeyState::soft_stale);
  EXPECT_TRUE(life_.usable(at(hours{6} - seconds{1})));
  EXPECT_EQ(life_.state(at(hours{6})), KeyState::hard_stale);
  EXPECT_FALSE(life_.usable(at(hours{6})));
  life_.fetched(moment(hours{7}), std::nullopt, random_);
  EXPECT_EQ(life_.state(at(hours{7})), KeyState::fresh);
}

TEST_F(KeyLifecycleTest, is_due_ahead_of_its_soft_ttl) {
  life_.fetched(start_, seconds{900}, random_);
  EXPECT_GE(life_.due(), at(seconds{90}));
  EXPECT_LE(life_.due(), at(seconds{900}));
  life_.fetched(moment(seconds{100}), seconds{900}, random_);
  EXPECT_GE(life_.due(), at(seconds{820}));
  EXPECT_LE(life_.due(), at(seconds{1000}));
  EXPECT_FALSE(life_.wants_fetch(life_.due() - std::chrono::nanoseconds{1}));
  EXPECT_TRUE(life_.wants_fetch(life_.due()));
}

// K-1 82.
TEST_F(KeyLifecycleTest, backs_off_while_it_fails_and_is_dead_after_three) {
  auto now = at(seconds{0});
  for (const int wait : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    EXPECT_EQ(life_.dead(), life_.failures() >= 3);
    life_.failed(now, random_);
    EXPECT_TRUE(life_.backs_off(now));
    const auto waited = std::chrono::duration<double>(life_.due() - now).count();
    EXPECT_GE(waited, wait * 0.8);
    EXPECT_LE(waited, wait * 1.2);
    now = life_.due();
    EXPECT_FALSE(life_.backs_off(now));
    EXPECT_TRUE(life_.wants_fetch(now));
  }
  life_.fetched(start_, std::nullopt, random_);
  EXPECT_FALSE(life_.dead());
  EXPECT_EQ(life_.failures(), 0);
}

TEST_F(KeyLifecycleTest, sleeps_without_tokens_and_wakes_with_one) {
  life_.fetched(start_, std::nullopt, random_);
  EXPECT_FALSE(life_.idle(at(hours{24} - seconds{1})));
  EXPECT_TRUE(life_.idle(at(hours{24})));
  EXPECT_FALSE(life_.wants_fetch(at(hours{24})));
  life_.token_seen(at(hours{25}));
  EXPECT_TRUE(life_.wants_fetch(at(hours{25})));
}

TEST_F(KeyLifecycleTest, says_when_the_set_may_no_longer_be_used) {
  life_.fetched(start_, std::nullopt, random_);
  life_.failed(at(hours{6} - seconds{1}), random_);
  life_.failed(at(hours{6} - seconds{1}), random_);
  EXPECT_EQ(life_.hard_end(at(hours{6} - seconds{1})), at(hours{6}));
  EXPECT_EQ(life_.hard_end(at(hours{6})), SteadyTime::max());
}

// K-1 77, 81.
TEST_F(KeyLifecycleTest, lets_one_unknown_key_in_half_a_minute_cause_a_fetch) {
  using Miss = KeyLifecycle::Miss;
  life_.fetched(start_, std::nullopt, random_);
  EXPECT_EQ(life_.missed(at(seconds{0}), std::nullopt), Miss::fetch);
  EXPECT_EQ(life_.missed(at(seconds{29}), std::nullopt), Miss::too_soon);
  EXPECT_EQ(life_.missed(at(seconds{30}), std::nullopt), Miss::fetch);
  EXPECT_EQ(life_.missed(at(seconds{31}), std::nullopt), Miss::too_soon);
}

TEST_F(KeyLifecycleTest, knows_that_a_key_is_published_before_it_signs) {
  using Miss = KeyLifecycle::Miss;
  life_.fetched(start_, std::nullopt, random_);
  const auto fetched = whole_seconds(start_.wall);
  EXPECT_EQ(life_.missed(at(seconds{1}), fetched - seconds{121}), Miss::token_old);
  EXPECT_EQ(life_.missed(at(seconds{1}), fetched - seconds{120}), Miss::fetch);
}

TEST_F(KeyLifecycleTest, cannot_say_that_a_key_is_unknown_while_the_issuer_fails) {
  using Miss = KeyLifecycle::Miss;
  life_.fetched(start_, std::nullopt, random_);
  life_.failed(at(seconds{1}), random_);
  EXPECT_EQ(life_.missed(at(seconds{1}), std::nullopt), Miss::cannot_say);
  EXPECT_EQ(life_.missed(life_.due(), std::nullopt), Miss::fetch);
}

// K-1 91 and 96: an age from the wall clock at the start, from the steady one ever after.
TEST_F(KeyLifecycleTest, restores_a_set_as_soft_stale_with_its_age) {
  life_.restored(start_.wall - hours{1}, start_);
  EXPECT_EQ(life_.state(at(seconds{0})), KeyState::soft_stale);
  EXPECT_TRUE(life_.wants_fetch(at(seconds{0})));
  EXPECT_EQ(life_.state(at(hours{5} - seconds{1})), KeyState::soft_stale);
  EXPECT_EQ(life_.state(at(hours{5})), KeyState::hard_stale);
}

TEST_F(KeyLifecycleTest, does_not_trust_a_future_to_make_a_set_live_longer) {
  life_.restored(start_.wall + hours{100}, start_);
  EXPECT_EQ(life_.state(at(hours{6})), KeyState::hard_stale);
}

// K-1 88.
TEST_F(KeyLifecycleTest, obeys_a_stricter_rule_at_once) {
  life_.fetched(start_, seconds{900}, random_);
  life_.fetched(start_, seconds{900}, random_);
  auto strict = rules;
  strict.soft_ttl = seconds{60};
  strict.soft_ttl_max = seconds{60};
  strict.hard_ttl = seconds{300};
  life_.set_rules(strict);
  EXPECT_EQ(life_.state(at(seconds{60})), KeyState::soft_stale);
  EXPECT_LE(life_.due(), at(seconds{60}));
  EXPECT_EQ(life_.state(at(seconds{300})), KeyState::hard_stale);
}

TEST_F(KeyLifecycleTest, uses_fresh_sets_alone_where_the_hard_ttl_is_zero) {
  auto strict = rules;
  strict.hard_ttl = seconds{0};
  life_.set_rules(strict);
  life_.fetched(start_, seconds{600}, random_);
  EXPECT_TRUE(life_.usable(at(seconds{599})));
  EXPECT_EQ(life_.state(at(seconds{600})), KeyState::hard_stale);
  EXPECT_EQ(life_.hard_end(at(seconds{599})), at(seconds{600}));
}

}  // namespace
}  // namespace signet::verify
