#include "party/review_limits.h"

#include <gtest/gtest.h>

namespace signet::party {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr verify::SteadyTime start{seconds(1'000)};

TEST(ReviewLimits, lets_a_burst_through_and_then_a_rate) {
  ReviewLimits limits({.queries_per_second = 10, .burst = 3, .concurrent = 100});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.admit(start), Admission::go);
  EXPECT_EQ(limits.admit(start), Admission::limited);
  EXPECT_EQ(limits.admit(start + milliseconds(99)), Admission::limited);
  EXPECT_EQ(limits.admit(start + milliseconds(100)), Admission::go);
  EXPECT_EQ(limits.admit(start + milliseconds(100)), Admission::limited);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.admit(start + seconds(60)), Admission::go);
  EXPECT_EQ(limits.admit(start + seconds(60)), Admission::limited);
}

TEST(ReviewLimits, lets_a_number_run_at_once) {
  ReviewLimits limits({.concurrent = 2});
  EXPECT_EQ(limits.admit(start), Admission::go);
  EXPECT_EQ(limits.admit(start), Admission::go);
  EXPECT_EQ(limits.admit(start), Admission::busy);
  limits.ended(CallResult::good, start);
  EXPECT_EQ(limits.admit(start), Admission::go);
  EXPECT_EQ(limits.in_flight(), 2U);
}

class Breaker : public testing::Test {
 protected:
  void calls(int number, CallResult result) {
    for (int i = 0; i < number; ++i) {
      ASSERT_EQ(limits_.admit(now_), Admission::go);
      limits_.ended(result, now_);
    }
  }
  ReviewLimits limits_{{.burst = 1'000}};
  verify::SteadyTime now_ = start;
};

TEST_F(Breaker, opens_when_half_of_twenty_calls_failed) {
  calls(10, CallResult::good);
  calls(9, CallResult::failed);
  EXPECT_FALSE(limits_.is_open(now_));
  calls(1, CallResult::failed);
  EXPECT_TRUE(limits_.is_open(now_));
  EXPECT_EQ(limits_.admit(now_), Admission::open);
}

TEST_F(Breaker, stays_closed_below_half) {
  for (int i = 0; i < 20; ++i) {
    calls(11, CallResult::good);
    calls(9, CallResult::failed);
  }
  EXPECT_FALSE(limits_.is_open(now_));
}

TEST_F(Breaker, is_tried_by_one_call_after_five_seconds) {
  calls(20, CallResult::failed);
  now_ += ReviewLimits::breaker_rest;
  EXPECT_EQ(limits_.admit(now_), Admission::go);
  EXPECT_EQ(limits_.admit(now_), Admission::open);
  limits_.ended(CallResult::failed, now_);
  EXPECT_EQ(limits_.admit(now_), Admission::open);
  now_ += ReviewLimits::breaker_rest;
  EXPECT_EQ(limits_.admit(now_), Admission::go);
  limits_.ended(CallResult::good, now_);
  calls(19, CallResult::failed);
  EXPECT_FALSE(limits_.is_open(now_));
}

}  // namespace
}  // namespace signet::party
