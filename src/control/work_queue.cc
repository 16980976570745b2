#include "control/work_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace signet::control {
namespace {

std::chrono::milliseconds back_off(int failures) {
  constexpr std::chrono::milliseconds first{5};
  constexpr std::chrono::milliseconds longest{30'000};
  constexpr int doublings_max = 13;
  return std::min(first * (1 << std::min(failures - 1, doublings_max)), longest);
}

}  // namespace

void WorkQueue::add(std::string key) {
  if (stopped_) return;
  retries_.erase(key);
  waiting_.insert(std::move(key));
  run_next();
}

void WorkQueue::stop() {
  stopped_ = true;
  waiting_.clear();
  retries_.clear();
}

void WorkQueue::run_next() {
  if (running_.size() >= at_once_) return;
  const auto next =
      std::ranges::find_if(waiting_, [this](const auto& key) { return !running_.contains(key); });
  if (next == waiting_.end()) return;
  auto key = std::move(waiting_.extract(next).value());
  running_.insert(key);
  spawn(reconcile_(key),
        [this, key](const machinery::ApiResult<void>& done) { finished(key, done); });
}

void WorkQueue::finished(const std::string& key, const machinery::ApiResult<void>& done) {
  running_.erase(key);
  if (done) {
    failures_.erase(key);
  } else if (!stopped_) {
    const int failures = ++failures_[key];
    log::info("reconcile failed",
              {{"queue", name_}, {"key", key}, {"error", done.error().message}});
    retries_.insert_or_assign(key, loop_.after(back_off(failures), [this, key] {
      // A copy: the timer, and with it this function, goes away inside add().
      add(std::string(key));
    }));
  }
  // Posted, so that a long queue does not nest.
  if (!waiting_.empty()) loop_.post([this] { run_next(); });
}

}  // namespace signet::control
