// Calls a function on a loop once the clock reaches an instant, also when the clock jumps there.
//
//   Alarm alarm(loop, clock, [this] { look(); });
//   alarm.set(clock.now() + patience);
//
// Shape    one instant at a time; set() again replaces it. It rings no earlier, and once.
// Threads  its loop's; the clock may jump on any.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "net/loop.h"

namespace signet::control {

class Alarm {
 public:
  // `loop` and `clock` outlive it.
  Alarm(net::Loop& loop, Clock& clock, std::function<void()> ring);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(Instant when);
  void clear();
  // For ever, on the loop: the alarm may go before what the clock posted runs.
  void stop();

 private:
  void look();

  net::Loop& loop_;
  Clock& clock_;
  std::function<void()> ring_;
  std::optional<Instant> when_;
  net::Loop::TimerHandle timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what jumps posted
  Clock::Subscription jumps_;
};

}  // namespace signet::control
