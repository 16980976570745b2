// Lets callbacks into an object until it is closed, and lets nobody close it while one is inside:
// so that whoever calls back late meets nothing that is gone.
//
//   start([turnstile = turnstile_, this] { turnstile->pass([&] { use(*this); }); });
//   ~Owner() { turnstile_->close(); }
//
// Threads  safe from any thread. close() waits; it must not be called from inside.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace signet::party {

class Turnstile {
 public:
  // Does nothing once closed.
  template <typename Use>
  void pass(Use&& use) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) return;
      ++inside_;
    }
    std::forward<Use>(use)();
    // Under the lock, so that whoever closes finds nobody who still touches this.
    const std::scoped_lock lock(mutex_);
    if (--inside_ == 0) left_.notify_all();
  }

  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    left_.wait(lock, [this] { return inside_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace signet::party
