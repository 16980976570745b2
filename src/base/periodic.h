// Calls something again and again on a thread of its own, for what nobody tells us of: a file that
// somebody may have changed.
//
//   Periodic looking(std::chrono::seconds{1}, [this] { look(); });
//
// Units    real time; the first call is one interval from now.
// Threads  its own. The destructor waits for a call that runs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace signet {

class Periodic {
 public:
  Periodic(std::chrono::milliseconds interval, std::move_only_function<void()> work)
      : thread_([interval, work = std::move(work)](const std::stop_token& stop) mutable {
          std::mutex mutex;
          std::condition_variable_any stopped;
          std::unique_lock lock(mutex);
          while (!stopped.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
            work();
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace signet
