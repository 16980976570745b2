// Which keys are in force now. Replaced as a whole when keys change; readers keep what they have.
//
// Threads  safe from any thread; a Reader belongs to one and takes a lock only after a change.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

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

   private:
    const KeyRing* ring_;
    std::uint64_t generation_ = 0;
    KeySetPtr keys_;
  };

 private:
  Guarded<KeySetPtr> keys_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace signet::identity
