#include "verify/fetch_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace signet::verify {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime start = SteadyTime() + std::chrono::hours{1000};

std::string host(UnitId unit) {
  return "h" + std::to_string(unit);
}

std::vector<UnitId> take_all(FetchBudget& budget, SteadyTime now) {
  std::vector<UnitId> taken;
  while (const auto unit = budget.next(now)) taken.push_back(*unit);
  return taken;
}

TEST(FetchBudget, grants_fifty_in_any_second) {
  FetchBudget budget({});
  for (UnitId unit = 1; unit <= 200; ++unit) budget.enqueue(unit, Lane::scheduled, host(unit));
  std::vector<SteadyTime> grants;
  for (auto now = start; now < start + seconds{3}; now += milliseconds{7}) {
    for (const auto unit : take_all(budget, now)) {
      grants.push_back(now);
      budget.release(unit);
    }
  }
  EXPECT_EQ(grants.size(), 150);
  for (std::size_t i = 50; i < grants.size(); ++i)
    EXPECT_GE(grants[i] - grants[i - 50], seconds{1});
}

TEST(FetchBudget, says_when_time_alone_brings_the_next) {
  FetchBudget budget({});
  EXPECT_EQ(budget.next_by_time(), SteadyTime::max());
  for (UnitId unit = 1; unit <= 51; ++unit) budget.enqueue(unit, Lane::scheduled, host(unit));
  EXPECT_LE(budget.next_by_time(), start);
  EXPECT_EQ(take_all(budget, start).size(), 50);
  EXPECT_EQ(budget.next_by_time(), start + seconds{1});
  EXPECT_TRUE(take_all(budget, start + milliseconds{999}).empty());
  EXPECT_EQ(take_all(budget, start + seconds{1}).size(), 1);
  EXPECT_EQ(budget.next_by_time(), SteadyTime::max());
}

TEST(FetchBudget, serves_who_waits_before_what_is_scheduled) {
  FetchBudget budget({});
  budget.enqueue(1, Lane::suspect, host(1));
  budget.enqueue(2, Lane::scheduled, host(2));
  budget.enqueue(3, Lane::kid_miss, host(3));
  budget.enqueue(4, Lane::first_load, host(4));
  budget.enqueue(5, Lane::scheduled, host(5));
  budget.enqueue(6, Lane::scheduled, host(6), FetchBudget::Place::front);
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{4, 3, 6, 2, 5, 1}));
}

TEST(FetchBudget, promotes_who_is_put_in_again) {
  FetchBudget budget({});
  budget.enqueue(1, Lane::scheduled, host(1));
  budget.enqueue(2, Lane::scheduled, host(2));
  budget.enqueue(2, Lane::first_load, host(2));
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{2, 1}));
}

TEST(FetchBudget, grants_fifteen_kid_misses_a_second_and_goes_on_with_others) {
  FetchBudget budget({});
  for (UnitId unit = 1; unit <= 20; ++unit) budget.enqueue(unit, Lane::kid_miss, host(unit));
  for (UnitId unit = 101; unit <= 110; ++unit) budget.enqueue(unit, Lane::scheduled, host(unit));
  const auto first = take_all(budget, start);
  EXPECT_EQ(first.size(), 25);
  EXPECT_EQ(std::ranges::count_if(first, [](UnitId unit) { return unit <= 20; }), 15);
  EXPECT_EQ(budget.next_by_time(), start + seconds{1});
  EXPECT_EQ(take_all(budget, start + seconds{1}).size(), 5);
}

TEST(FetchBudget, keeps_suspects_to_their_own_slots) {
  FetchBudget budget({});
  auto now = start;
  for (UnitId unit = 1; unit <= 300; ++unit) budget.enqueue(unit, Lane::suspect, host(unit));
  for (UnitId unit = 1001; unit <= 1300; ++unit) budget.enqueue(unit, Lane::scheduled, host(unit));
  for (int second = 0; second < 20; ++second, now += seconds{1}) take_all(budget, now);
  EXPECT_EQ(budget.in_flight(Lane::suspect), 64);
  EXPECT_EQ(budget.in_flight(Lane::scheduled), 192);
  EXPECT_EQ(budget.in_flight(), 256);
  EXPECT_EQ(budget.next_by_time(), SteadyTime::max());
  budget.release(1001);
  EXPECT_EQ(take_all(budget, now).size(), 1);
}

TEST(FetchBudget, gives_one_host_four_requests_and_does_not_make_others_wait) {
  FetchBudget budget({});
  for (UnitId unit = 1; unit <= 10; ++unit) budget.enqueue(unit, Lane::scheduled, "busy:443");
  budget.enqueue(11, Lane::scheduled, "other:443");
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{1, 2, 3, 4, 11}));
  budget.release(2);
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{5}));
  budget.remove(6);  // while it stands aside
  budget.release(1);
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{7}));
  budget.enqueue(8, Lane::first_load, "busy:443");  // again, while it stands aside
  EXPECT_TRUE(take_all(budget, start).empty());
  budget.release(3);
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{9}));
  budget.release(4);
  budget.release(5);
  budget.release(7);
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{8, 10}));
}

TEST(FetchBudget, forgets_who_is_removed) {
  FetchBudget budget({});
  budget.enqueue(1, Lane::scheduled, host(1));
  budget.enqueue(2, Lane::scheduled, host(2));
  budget.remove(1);
  EXPECT_FALSE(budget.is_queued(1));
  EXPECT_EQ(take_all(budget, start), (std::vector<UnitId>{2}));
  budget.remove(2);
  EXPECT_EQ(budget.in_flight(), 0);
  budget.release(2);
  EXPECT_EQ(budget.in_flight(), 0);
}

}  // namespace
}  // namespace signet::verify
