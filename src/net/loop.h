// One thread's event loop: work posted to it, timers, and the connections that net/server.h gave
// it.
//
//   Loop loop;
//   loop.post([] { ... });
//   loop.run();                      // until stop()
//
// Threads  post() and stop() from any thread; the rest on the loop's own thread (or before run()).
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/executor.h"

namespace signet::net {

class Loop final : public Executor {
 public:
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void post(std::move_only_function<void()> work) override;

  // Calls `work` once after `delay` of real time, unless the handle is destroyed first.
  class Timer;
  using TimerHandle = std::unique_ptr<Timer, void (*)(Timer*)>;
  [[nodiscard]] TimerHandle after(std::chrono::milliseconds delay,
                                  std::move_only_function<void()> work);

  void run();
  void stop();

  // For the rest of this folder, which alone knows the event library.
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::net
