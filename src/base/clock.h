// What time it is, as a collaborator, so that tests decide.
//
// Units    Instant counts nanoseconds since 1970 UTC by the wall clock, UnixTime whole seconds.
// Threads  every Clock is safe from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace signet {

using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;
using UnixTime = std::chrono::sys_seconds;

constexpr UnixTime whole_seconds(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant);
}
constexpr std::int64_t unix_seconds(Instant instant) {
  return whole_seconds(instant).time_since_epoch().count();
}

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;

  // Calls `jumped` (from any thread) whenever time moved other than by passing, so that whoever
  // sleeps until an instant can look again. Lives as long as the returned handle.
  using Subscription = std::shared_ptr<void>;
  virtual Subscription on_jump(std::function<void()> jumped) = 0;
};

// The machine's wall clock. It never reports a jump.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
  Subscription on_jump(std::function<void()> jumped) override;
};

// A clock that stands or is moved by hand: the wall clock plus an offset, or an instant of its own.
class ManualClock final : public Clock {
 public:
  // Stands at `start` until told otherwise.
  explicit ManualClock(Instant start);
  // Runs with `base`, ahead by what advance() added.
  explicit ManualClock(const Clock& base);

  Instant now() const override;
  Subscription on_jump(std::function<void()> jumped) override;

  void advance(std::chrono::nanoseconds by);
  void set_offset(std::chrono::nanoseconds offset);  // from the start or the base

 private:
  struct Listeners;

  const Clock* base_ = nullptr;
  Instant start_{};
  mutable std::mutex mutex_;
  std::chrono::nanoseconds offset_{0};
  std::shared_ptr<Listeners> listeners_;
};

}  // namespace signet
