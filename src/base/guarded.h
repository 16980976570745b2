// Mutable and shared: the value cannot be named without the lock, and the critical section is a
// visible scope.
//
//   Guarded<std::vector<int>> list;
//   list.with([&](auto& v) { v.push_back(1); });
#pragma once

#include <mutex>
#include <utility>

namespace signet {

template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <typename Use>
  decltype(auto) with(Use&& use) {
    const std::scoped_lock lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <typename Use>
  decltype(auto) with(Use&& use) const {
    const std::scoped_lock lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace signet
