#include "net/loop.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using std::chrono::milliseconds;

TEST(Loop, runs_posted_work_in_order_on_its_thread) {
  Loop loop;
  std::vector<int> seen;
  for (int i = 0; i < 3; ++i) loop.post([&seen, i] { seen.push_back(i); });
  loop.post([&loop] { loop.stop(); });
  EXPECT_TRUE(seen.empty());
  loop.run();
  EXPECT_EQ(seen, (std::vector{0, 1, 2}));
}

TEST(Loop, keeps_a_stop_that_came_before_run) {
  Loop loop;
  loop.stop();
  loop.run();
}

TEST(Loop, fires_a_timer_once) {
  Loop loop;
  int fired = 0;
  const auto timer = loop.after(milliseconds(1), [&] { ++fired; });
  const auto end = loop.after(milliseconds(30), [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST(Loop, forgets_a_timer_whose_handle_went) {
  Loop loop;
  bool fired = false;
  {
    const auto timer = loop.after(milliseconds(0), [&] { fired = true; });
  }
  const auto end = loop.after(milliseconds(20), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(fired);
}

TEST(Loop, lets_a_timer_drop_its_own_handle) {
  Loop loop;
  std::optional<Loop::TimerHandle> timer;
  timer = loop.after(milliseconds(1), [&] {
    timer.reset();
    loop.stop();
  });
  loop.run();
  EXPECT_FALSE(timer.has_value());
}

TEST(Loop, takes_posts_from_many_threads) {
  testing::LoopThread thread;
  int sum = 0;
  {
    std::vector<std::jthread> posters;
    for (int i = 0; i < 4; ++i) {
      posters.emplace_back([&] {
        for (int j = 0; j < 100; ++j) thread.loop().post([&sum] { ++sum; });
      });
    }
  }
  thread.run([] {});
  EXPECT_EQ(sum, 400);
}

}  // namespace
}  // namespace signet::net
