#include "control/alarm.h"

#include <gtest/gtest.h>

#include "machinery/api_fixture_for_tests.h"

namespace signet::control {
namespace {

using machinery::fixture::LoopThread;
using std::chrono::hours;
using std::chrono::seconds;

class AlarmTest : public testing::Test {
 protected:
  LoopThread thread;
  ManualClock clock{Instant{seconds{1'700'000'000}}};
  int rung = 0;
  std::unique_ptr<Alarm> alarm =
      thread.run([&] { return std::make_unique<Alarm>(thread.loop(), clock, [this] { ++rung; }); });

  ~AlarmTest() override {
    thread.run([&] { alarm.reset(); });
  }
  void set(std::chrono::nanoseconds ahead) {
    thread.run([&] { alarm->set(clock.now() + ahead); });
  }
  int heard() {
    return thread.run([&] { return rung; });
  }
};

TEST_F(AlarmTest, rings_once_when_the_clock_jumps_to_its_instant_and_not_before) {
  set(hours{24});
  clock.advance(hours{24} - seconds{1});
  EXPECT_EQ(heard(), 0);
  clock.advance(seconds{1});
  EXPECT_EQ(heard(), 1);
  clock.advance(hours{48});
  EXPECT_EQ(heard(), 1);
}

TEST_F(AlarmTest, rings_at_once_for_an_instant_that_is_past) {
  set(seconds{-1});
  EXPECT_EQ(heard(), 1);
}

TEST_F(AlarmTest, has_one_instant_at_a_time) {
  set(seconds{10});
  set(seconds{20});
  clock.advance(seconds{10});
  EXPECT_EQ(heard(), 0);
  clock.advance(seconds{10});
  EXPECT_EQ(heard(), 1);
}

TEST_F(AlarmTest, that_was_cleared_or_stopped_is_silent) {
  set(seconds{10});
  thread.run([&] { alarm->clear(); });
  clock.advance(seconds{10});
  EXPECT_EQ(heard(), 0);
  set(seconds{10});
  thread.run([&] { alarm->stop(); });
  clock.advance(seconds{10});
  EXPECT_EQ(heard(), 0);
}

TEST_F(AlarmTest, rings_when_time_passes_by_itself) {
  SystemClock system;
  std::promise<void> ringing;
  auto real = thread.run([&] {
    auto made = std::make_unique<Alarm>(thread.loop(), system, [&] { ringing.set_value(); });
    made->set(system.now() + std::chrono::milliseconds{2});
    return made;
  });
  ringing.get_future().wait();
  thread.run([&] { real.reset(); });
}

}  // namespace
}  // namespace signet::control
