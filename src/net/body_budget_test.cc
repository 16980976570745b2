#include "net/body_budget.h"

#include <gtest/gtest.h>

namespace signet::net {
namespace {

constexpr std::size_t step = BodyHold::free_bytes;

TEST(BodyBudget, small_bodies_cost_nothing) {
  BodyBudget budget(0);
  BodyHold hold(budget);
  EXPECT_TRUE(hold.cover(step));
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_FALSE(hold.cover(step + 1));
  EXPECT_EQ(budget.used(), 0U);
}

TEST(BodyBudget, holds_as_much_as_it_has_and_not_one_byte_more) {
  BodyBudget budget(4 * step);
  BodyHold first(budget);
  BodyHold second(budget);
  EXPECT_TRUE(first.cover(4 * step));
  EXPECT_TRUE(second.cover(2 * step));
  EXPECT_EQ(budget.used(), 4 * step);
  EXPECT_FALSE(second.cover(2 * step + 1));
  first.release();
  EXPECT_TRUE(second.cover(2 * step + 1));
}

TEST(BodyBudget, gets_back_what_a_hold_had_wherever_it_went) {
  BodyBudget budget(8 * step);
  {
    BodyHold hold(budget);
    EXPECT_TRUE(hold.cover(3 * step));
    const BodyHold moved(std::move(hold));
    EXPECT_EQ(budget.used(), 2 * step);
  }
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace signet::net
