// Which keys are in force now. Replaced as a whole when keys change; readers keep what they have.
//
// Threads  safe from any thread; a Reader belongs to one and takes a lock only after a change.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "identity/key_set.h"

namespace signet::identity {

class KeyRing {
 public:
  explicit KeyRing(KeySetPtr keys) : keys_(std::move(keys)) {}

  KeySetPtr current() const {
    return keys_.with([](const KeySetPtr& keys) { return keys; });
  }
  void replace(KeySetPtr keys) {
    keys_.with([&](KeySetPtr& held) { held = std::move(keys); });
    generation_.fetch_add(1, std::memory_order_release);
  }

  // When somebody outside will be asked for keys again; nothing where keys change by our own hand.
  void set_next_change(Instant at) {
    next_change_.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }
  std::optional<Instant> next_change() const {
    const auto at = next_change_.load(std::memory_order_relaxed);
    if (at == never) return std::nullopt;
    return Instant(std::chrono::nanoseconds(at));
  }

  class Reader {
   public:
    explicit Reader(const KeyRing& ring) : ring_(&ring), keys_(ring.current()) {}
    const KeySet& current() {
      const auto generation = ring_->generation_.load(std::memory_order_acquire);
      if (generation != generation_) {
        keys_ = ring_->current();
        generation_ = generation;
      }
      return *keys_;
    }
    // Changes whenever current() may have: what was verified before must be verified again.
    std::uint64_t generation() const { return generation_; }
    std::optional<Instant> next_change() const { return ring_->next_change(); }

   private:
    const KeyRing* ring_;
    std::uint64_t generation_ = 0;
    KeySetPtr keys_;
  };

 private:
  Guarded<KeySetPtr> keys_;
  std::atomic<std::uint64_t> generation_{0};
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();
  std::atomic<std::int64_t> next_change_{never};  // nanoseconds since 1970
};

}  // namespace signet::identity
