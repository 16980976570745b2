#include "party/verdict_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/cat.h"

namespace signet::party {
namespace {

using std::chrono::seconds;

constexpr verify::Moment start{.steady = verify::SteadyTime(seconds(1'000)),
                               .wall = Instant(seconds(1'700'000'000))};

verify::Moment later(std::chrono::nanoseconds by) {
  return {.steady = start.steady + by, .wall = start.wall + by};
}

RememberedPtr remembered(const crypto::Sha256& key) {
  return std::make_shared<const Remembered>(Remembered{.key = key, .verdict = CallerPtr()});
}

TEST(VerdictCache, tells_tokens_routes_and_processes_apart) {
  SeededRandom random(1);
  VerdictCache cache(1'024, random);
  EXPECT_EQ(cache.key("a", 1), cache.key("a", 1));
  EXPECT_NE(cache.key("a", 1), cache.key("b", 1));
  EXPECT_NE(cache.key("a", 1), cache.key("a", 2));
  EXPECT_NE(cache.key("a", 1), VerdictCache(1'024, random).key("a", 1));
}

TEST(VerdictCache, keeps_a_number_of_entries_and_those_that_are_used) {
  SeededRandom random(1);
  VerdictCache cache(320, random);  // ten a part
  const auto used = cache.key("used", 0);
  cache.add(remembered(used));
  for (int i = 0; i < 5'000; ++i) {
    cache.add(remembered(cache.key(cat(i), 0)));
    ASSERT_NE(cache.find(used), nullptr) << i;
  }
  EXPECT_EQ(cache.size(), 320U);
  cache.clear();
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.find(used), nullptr);
}

TEST(VerdictCache, replaces_what_is_found_anew) {
  SeededRandom random(1);
  VerdictCache cache(320, random);
  const auto key = cache.key("a", 0);
  cache.add(remembered(key));
  const auto second = remembered(key);
  cache.add(second);
  EXPECT_EQ(cache.find(key), second);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(RecentVerdicts, hold_what_was_added_last) {
  const auto recent = std::make_unique<RecentVerdicts>();
  EXPECT_EQ(recent->find("a.b.c", 0), nullptr);
  const auto entry = remembered({});
  recent->add("a.b.c", 0, entry);
  EXPECT_EQ(recent->find("a.b.c", 0), entry.get());
  EXPECT_EQ(recent->find("a.b.c", 1), nullptr);
  const auto second = remembered({});
  recent->add("a.b.c", 0, second);
  EXPECT_EQ(recent->find("a.b.c", 0), second.get());
}

TEST(RecentVerdicts, tell_tokens_apart_that_share_a_place) {
  const std::string signature(40, 's');
  const auto recent = std::make_unique<RecentVerdicts>();
  recent->add("a.b." + signature, 0, remembered({}));
  EXPECT_EQ(recent->find("a.c." + signature, 0), nullptr);
  EXPECT_EQ(recent->find("b." + signature, 0), nullptr);
  EXPECT_NE(recent->find("a.b." + signature, 0), nullptr);
}

TEST(RecentVerdicts, keep_no_large_token) {
  const auto recent = std::make_unique<RecentVerdicts>();
  const std::string largest(RecentVerdicts::token_bytes_max, 'a');
  recent->add(largest, 0, remembered({}));
  EXPECT_NE(recent->find(largest, 0), nullptr);
  recent->add(largest + "b", 0, remembered({}));
  EXPECT_EQ(recent->find(largest + "b", 0), nullptr);
}

// K-1 100: what two digests share decides where they are kept, and nothing else.
TEST(VerdictCache, compares_a_digest_in_full) {
  SeededRandom random(1);
  VerdictCache cache(320, random);
  const auto key = cache.key("a", 0);
  cache.add(remembered(key));
  ASSERT_NE(cache.find(key), nullptr);
  for (std::size_t i = 0; i < key.size(); ++i) {
    auto other = key;
    other[i] = static_cast<decltype(key)::value_type>(static_cast<unsigned>(other[i]) ^ 1U);
    EXPECT_EQ(cache.find(other), nullptr) << i;
  }
}

TEST(Remembered, holds_while_it_is_fresh_and_the_token_lives) {
  Remembered entry{.verdict = CallerPtr(),
                   .not_before = whole_seconds(start.wall) + seconds(40),
                   .expires_at = whole_seconds(start.wall) + seconds(50),
                   .clock_skew = seconds(30),
                   .fresh_until = start.steady + seconds(100)};
  EXPECT_FALSE(entry.holds(later(seconds(9))));
  EXPECT_TRUE(entry.holds(later(seconds(10))));
  EXPECT_TRUE(entry.holds(later(seconds(79))));
  EXPECT_FALSE(entry.holds(later(seconds(80))));
  entry.expires_at.reset();
  EXPECT_TRUE(entry.holds(later(seconds(99))));
  EXPECT_FALSE(entry.holds(later(seconds(100))));
}

}  // namespace
}  // namespace signet::party
