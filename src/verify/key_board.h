// The one thing that readers of keys touch: the registry in force, and a bell for issuers that
// sleep.
//
// Threads  safe from any; take() locks, version() does not.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/guarded.h"
#include "verify/key_registry.h"

namespace signet::verify {

class KeyBoard {
 public:
  explicit KeyBoard(std::function<void(UnitId)> woken) : woken_(std::move(woken)) {}

  void replace(std::shared_ptr<const KeyRegistry> registry) {
    registry_.with([&](auto& held) { held = std::move(registry); });
    version_.fetch_add(1, std::memory_order_release);
  }
  std::shared_ptr<const KeyRegistry> take() const {
    return registry_.with([](const auto& held) { return held; });
  }
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // A token came for an issuer that slept.
  void ring(UnitId unit) { woken_(unit); }

 private:
  std::function<void(UnitId)> woken_;
  Guarded<std::shared_ptr<const KeyRegistry>> registry_{std::make_shared<const KeyRegistry>()};
  std::atomic<std::uint64_t> version_ = 1;
};

}  // namespace signet::verify
