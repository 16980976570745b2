#include "base/side_by_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace signet {
namespace {

using testing::ElementsAre;

// Tasks that are done when the test says so.
class SideBySide : public testing::Test {
 protected:
  Task<bool> wait(std::size_t i) {
    started_.push_back(i);
    Callback<bool> done(
        [this](Callback<bool>::Complete complete) { waiting_.push_back(std::move(complete)); });
    co_return co_await done;
  }
  Task<bool> run(std::size_t count, std::size_t width) {
    co_return co_await side_by_side(count, width, [this](std::size_t i) { return wait(i); });
  }
  void start(std::size_t count, std::size_t width) {
    spawn(run(count, width), [this](bool good) { result_ = good; });
  }
  void finish(std::size_t which, bool good = true) {
    auto complete = std::move(waiting_[which]);
    complete(good);
  }

  std::vector<std::size_t> started_;
  std::vector<Callback<bool>::Complete> waiting_;
  std::optional<bool> result_;
};

TEST_F(SideBySide, starts_as_many_as_may_run) {
  start(4, 2);
  EXPECT_THAT(started_, ElementsAre(0, 1));
  finish(1);
  EXPECT_THAT(started_, ElementsAre(0, 1, 2));
  finish(2);
  finish(0);
  EXPECT_THAT(started_, ElementsAre(0, 1, 2, 3));
  EXPECT_FALSE(result_);
  finish(3);
  EXPECT_EQ(result_, true);
}

TEST_F(SideBySide, starts_nothing_after_one_that_failed_and_waits_for_the_others) {
  start(5, 2);
  finish(0, false);
  EXPECT_FALSE(result_);
  finish(1);
  EXPECT_EQ(result_, false);
  EXPECT_THAT(started_, ElementsAre(0, 1));
}

TEST_F(SideBySide, of_nothing_is_done_at_once) {
  start(0, 2);
  EXPECT_EQ(result_, true);
}

Task<bool> at_once(std::size_t) {
  co_return true;
}
Task<bool> many() {
  co_return co_await side_by_side(1'000'000, 3, at_once);
}

TEST_F(SideBySide, does_not_nest_tasks_that_do_not_wait) {
  spawn(many(), [this](bool good) { result_ = good; });
  EXPECT_EQ(result_, true);
}

}  // namespace
}  // namespace signet
