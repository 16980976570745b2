#include "base/clock.h"

#include <utility>

namespace signet {

struct ManualClock::Listeners {
  std::mutex mutex;
  std::uint64_t next = 0;
  std::map<std::uint64_t, std::function<void()>> calls;
};

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

Clock::Subscription SystemClock::on_jump(std::function<void()> /*jumped*/) {
  return nullptr;
}

ManualClock::ManualClock(Instant start)
    : start_(start), listeners_(std::make_shared<Listeners>()) {}

ManualClock::ManualClock(const Clock& base)
    : base_(&base), listeners_(std::make_shared<Listeners>()) {}

Instant ManualClock::now() const {
  const std::scoped_lock lock(mutex_);
  return (base_ == nullptr ? start_ : base_->now()) + offset_;
}

Clock::Subscription ManualClock::on_jump(std::function<void()> jumped) {
  const std::scoped_lock lock(listeners_->mutex);
  const auto id = listeners_->next++;
  listeners_->calls.emplace(id, std::move(jumped));
  return {listeners_.get(), [listeners = listeners_, id](void*) {
            const std::scoped_lock erase_lock(listeners->mutex);
            listeners->calls.erase(id);
          }};
}

void ManualClock::advance(std::chrono::nanoseconds by) {
  std::chrono::nanoseconds target{};
  {
    const std::scoped_lock lock(mutex_);
    target = offset_ + by;
  }
  set_offset(target);
}

void ManualClock::set_offset(std::chrono::nanoseconds offset) {
  {
    const std::scoped_lock lock(mutex_);
    if (offset_ == offset) return;
    offset_ = offset;
  }
  // Under the lock, so that a listener is never called after its subscription is gone.
  const std::scoped_lock lock(listeners_->mutex);
  for (const auto& [id, call] : listeners_->calls) call();
}

}  // namespace signet
