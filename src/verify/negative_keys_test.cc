#include "verify/negative_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::verify {
namespace {

using std::chrono::seconds;

const SteadyTime start = SteadyTime() + std::chrono::hours{1000};

TEST(NegativeKeys, remember_a_miss_for_half_a_minute) {
  SeededRandom random(1);
  NegativeKeys keys(random);
  EXPECT_FALSE(keys.holds(1, 1, "a", start));
  keys.note(1, 1, "a", start);
  EXPECT_TRUE(keys.holds(1, 1, "a", start + seconds{29}));
  EXPECT_FALSE(keys.holds(1, 1, "b", start));
  EXPECT_FALSE(keys.holds(1, 1, "a", start + seconds{30}));
  EXPECT_EQ(keys.size(), 0);
}

TEST(NegativeKeys, tell_issuers_and_generations_apart) {
  SeededRandom random(1);
  NegativeKeys keys(random);
  keys.note(1, 1, "a", start);
  EXPECT_FALSE(keys.holds(2, 1, "a", start));
  EXPECT_FALSE(keys.holds(1, 2, "a", start));
}

TEST(NegativeKeys, keep_the_newest_when_they_are_full) {
  SeededRandom random(1);
  NegativeKeys keys(random, 4);
  for (int i = 0; i < 5; ++i) keys.note(1, 1, std::to_string(i), start);
  EXPECT_EQ(keys.size(), 4);
  EXPECT_FALSE(keys.holds(1, 1, "0", start));
  for (int i = 1; i < 5; ++i) EXPECT_TRUE(keys.holds(1, 1, std::to_string(i), start));
  keys.note(1, 1, "1", start + seconds{1});  // again: it is the newest now
  keys.note(1, 1, "5", start + seconds{1});
  EXPECT_TRUE(keys.holds(1, 1, "1", start + seconds{1}));
  EXPECT_FALSE(keys.holds(1, 1, "2", start + seconds{1}));
  EXPECT_EQ(keys.size(), 4);
}

}  // namespace
}  // namespace signet::verify
