#include "base/clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace signet {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::nanoseconds(1'700'000'000'500'000'000)};

TEST(Instants, are_floored_to_whole_seconds) {
  EXPECT_EQ(unix_seconds(start), 1'700'000'000);
  EXPECT_EQ(unix_seconds(Instant(-1ns)), -1);
  EXPECT_EQ(whole_seconds(Instant(1999ms)), UnixTime(1s));
}

TEST(SystemClock, tells_the_system_time) {
  const SystemClock clock;
  const auto before = std::chrono::system_clock::now();
  const auto now = clock.now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(ManualClock, stands_until_it_is_moved) {
  ManualClock clock(start);
  EXPECT_EQ(clock.now(), start);
  clock.advance(10s);
  clock.advance(5s);
  EXPECT_EQ(clock.now(), start + 15s);
  clock.set_offset(-1s);
  EXPECT_EQ(clock.now(), start - 1s);
}

TEST(ManualClock, runs_ahead_of_the_clock_it_is_based_on) {
  ManualClock base(start);
  ManualClock clock(static_cast<const Clock&>(base));
  clock.advance(1h);
  base.advance(1s);
  EXPECT_EQ(clock.now(), start + 1h + 1s);
}

TEST(ManualClock, reports_jumps_after_the_time_has_changed) {
  ManualClock clock(start);
  Instant seen{};
  const auto subscription = clock.on_jump([&] { seen = clock.now(); });
  clock.advance(1min);
  EXPECT_EQ(seen, start + 1min);
}

TEST(ManualClock, standing_still_is_no_jump) {
  ManualClock clock(start);
  int jumps = 0;
  const auto subscription = clock.on_jump([&] { ++jumps; });
  clock.advance(0s);
  clock.set_offset(0s);
  EXPECT_EQ(jumps, 0);
  clock.set_offset(1s);
  clock.set_offset(1s);
  EXPECT_EQ(jumps, 1);
}

TEST(ManualClock, an_ended_subscription_hears_nothing) {
  ManualClock clock(start);
  int first = 0;
  int second = 0;
  auto one = clock.on_jump([&] { ++first; });
  const auto two = clock.on_jump([&] { ++second; });
  clock.advance(1s);
  one.reset();
  clock.advance(1s);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST(ManualClock, a_subscription_may_outlive_its_clock) {
  Clock::Subscription subscription;
  {
    ManualClock clock(start);
    subscription = clock.on_jump([] {});
  }
  EXPECT_NE(subscription, nullptr);
  subscription.reset();
}

TEST(ManualClock, is_moved_and_read_by_many_threads) {
  ManualClock clock(start);
  std::atomic<int> jumps = 0;
  {
    const auto subscription = clock.on_jump([&] { ++jumps; });
    const std::jthread reader([&] {
      for (int i = 0; i < 1000; ++i) EXPECT_GE(clock.now(), start);
    });
    const std::jthread subscriber([&] {
      for (int i = 0; i < 1000; ++i) clock.on_jump([] {}).reset();
    });
    for (int i = 0; i < 1000; ++i) clock.advance(1ns);
  }
  EXPECT_EQ(jumps, 1000);
  EXPECT_EQ(clock.now(), start + 1000ns);
}

}  // namespace
}  // namespace signet
