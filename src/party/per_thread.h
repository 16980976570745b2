// Something for each thread that asks, behind locks that no two threads share, up to 64 of them.
//
//   PerThread<Reader> readers([&] { return Reader(engine); });
//   readers.use([&](Reader& reader) { ... });
//
// Shape    a thread is given a number when it first asks anything; a slot serves the threads whose
//          numbers are the same modulo 64, one at a time.
// Threads  use() from any; not from within use().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace signet::party {

inline constexpr std::size_t thread_slots = 64;

inline std::size_t thread_slot() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine % thread_slots;
}

template <typename T>
class PerThread {
 public:
  explicit PerThread(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}

  template <typename Use>
  decltype(auto) use(Use&& use) {
    auto& slot = slots_[thread_slot()];
    const std::scoped_lock lock(slot.mutex);
    if (slot.value == nullptr) slot.value = make_();
    return std::forward<Use>(use)(*slot.value);
  }

  // Each that was made, one after another.
  template <typename Use>
  void each(Use use) {
    for (auto& slot : slots_) {
      const std::scoped_lock lock(slot.mutex);
      if (slot.value != nullptr) use(*slot.value);
    }
  }

 private:
  struct alignas(64) Slot {
    std::mutex mutex;
    std::unique_ptr<T> value;
  };

  std::function<std::unique_ptr<T>()> make_;
  std::array<Slot, thread_slots> slots_;
};

}  // namespace signet::party
