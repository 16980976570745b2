// What threads that verify share with the engine: for each issuer a place where its current keys
// are published.
//
// Shape    a registry is immutable and replaced as a whole when issuers are configured; a slot
//          outlives it as long as its issuer stays configured.
// Threads  safe from any. Readers write to a slot only the first time after the engine looked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "verify/fetch_budget.h"
#include "verify/key_set.h"

namespace signet::verify {

class KeySlot {
 public:
  explicit KeySlot(UnitId unit) : unit_(unit) {}

  UnitId unit() const { return unit_; }

  // Null: there are none that may be used.
  void publish(std::shared_ptr<const KeySet> keys) {
    keys_.with([&](auto& held) { held = std::move(keys); });
    version_.fetch_add(1, std::memory_order_release);
  }
  std::shared_ptr<const KeySet> keys() const {
    return keys_.with([](const auto& held) { return held; });
  }
  // Changes with each publish().
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // By a reader: a token of this issuer came. True if the engine must be told, because it sleeps.
  bool mark_used() {
    if (used_.load(std::memory_order_relaxed)) return false;
    used_.store(true);
    return asleep_.load();
  }
  // By the engine: whether a token came since it last asked.
  bool take_used() { return used_.exchange(false); }
  // Sequentially consistent with mark_used(): one of the two sees the other.
  bool fall_asleep() {
    asleep_.store(true);
    if (!used_.load()) return true;
    asleep_.store(false);
    return false;
  }
  void wake() { asleep_.store(false); }

 private:
  const UnitId unit_;
  Guarded<std::shared_ptr<const KeySet>> keys_;
  std::atomic<std::uint64_t> version_ = 1;
  std::atomic<bool> used_ = false;
  std::atomic<bool> asleep_ = false;
};

class KeyRegistry {
 public:
  struct Issuer {
    std::string name;
    std::shared_ptr<KeySlot> slot;
  };
  static constexpr std::size_t not_found = static_cast<std::size_t>(-1);

  KeyRegistry() = default;
  // Names must differ.
  explicit KeyRegistry(std::vector<Issuer> issuers);

  // Its place among issuers(). Nobody but the operator adds names, so chosen ones cannot collide
  // with more than there are.
  std::size_t find(std::string_view issuer) const;
  const std::vector<Issuer>& issuers() const { return issuers_; }

 private:
  struct Cell {
    std::size_t hash;
    std::size_t index;
  };

  std::vector<Issuer> issuers_;
  std::vector<Cell> cells_;  // open addressing, at most half full, a power of two
};

}  // namespace signet::verify
