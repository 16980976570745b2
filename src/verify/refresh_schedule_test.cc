#include "verify/refresh_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

namespace signet::verify {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// K-1 73: the clamp table.
TEST(SoftTtl, stays_between_a_minute_and_what_the_operator_allows) {
  const auto ttl = [](std::optional<int> said) {
    return soft_ttl_of(said ? std::optional(seconds(*said)) : std::nullopt, seconds{600},
                       seconds{900})
        .count();
  };
  EXPECT_EQ(ttl(0), 60);
  EXPECT_EQ(ttl(5), 60);
  EXPECT_EQ(ttl(60), 60);
  EXPECT_EQ(ttl(61), 61);
  EXPECT_EQ(ttl(600), 600);
  EXPECT_EQ(ttl(900), 900);
  EXPECT_EQ(ttl(3600), 900);
  EXPECT_EQ(ttl(std::nullopt), 600);
  EXPECT_EQ(soft_ttl_of(std::nullopt, seconds{600}, seconds{120}), seconds{120});
}

TEST(RefreshDelay, lies_in_its_last_fifth_and_uses_all_of_it) {
  SeededRandom random(1);
  milliseconds least = milliseconds::max();
  milliseconds most{};
  for (int i = 0; i < 10'000; ++i) {
    const auto delay = refresh_delay(seconds{600}, Round::later, random);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, seconds{480});
  EXPECT_LE(least, seconds{482});
  EXPECT_LE(most, seconds{600});
  EXPECT_GE(most, seconds{598});
}

TEST(RefreshDelay, is_spread_widely_the_first_time) {
  SeededRandom random(1);
  std::array<int, 10> tenths{};
  for (int i = 0; i < 9000; ++i) {
    const auto delay = refresh_delay(seconds{600}, Round::first, random);
    ++tenths.at(std::min<std::size_t>(9, static_cast<std::size_t>(delay / seconds{60})));
  }
  EXPECT_EQ(tenths[0], 0);
  for (std::size_t i = 1; i < tenths.size(); ++i) EXPECT_NEAR(tenths.at(i), 1000, 150) << i;
}

TEST(BackoffDelay, doubles_to_five_minutes_with_a_fifth_of_jitter) {
  SeededRandom random(1);
  for (const auto& [failures, wait] :
       std::array<std::pair<std::size_t, int>, 9>{{{1, 1},
                                                   {2, 2},
                                                   {3, 4},
                                                   {8, 128},
                                                   {9, 256},
                                                   {10, 300},
                                                   {11, 300},
                                                   {1000, 300},
                                                   {SIZE_MAX, 300}}}) {
    for (int i = 0; i < 100; ++i) {
      const auto delay = backoff_delay(failures, random);
      EXPECT_GE(delay, milliseconds(wait * 800)) << failures;
      EXPECT_LE(delay, milliseconds(wait * 1200)) << failures;
    }
  }
}

}  // namespace
}  // namespace signet::verify
