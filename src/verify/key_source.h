// Where a verifier takes the issuer's keys from: a snapshot that somebody else keeps fresh.
//
// Threads  current() is safe from any thread; a snapshot is immutable.
// I/O      none here. Fetching is the business of whoever implements this.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "jose/jwk.h"

namespace signet::verify {

struct KeySnapshot {
  std::vector<jose::VerificationKey> keys;
};

class KeySource {
 public:
  virtual ~KeySource() = default;
  // Null when there were never any keys.
  virtual std::shared_ptr<const KeySnapshot> current() const = 0;
};

// Keys that never change.
class FixedKeys final : public KeySource {
 public:
  explicit FixedKeys(std::vector<jose::VerificationKey> keys)
      : snapshot_(std::make_shared<const KeySnapshot>(KeySnapshot{.keys = std::move(keys)})) {}
  std::shared_ptr<const KeySnapshot> current() const override { return snapshot_; }

 private:
  std::shared_ptr<const KeySnapshot> snapshot_;
};

}  // namespace signet::verify
