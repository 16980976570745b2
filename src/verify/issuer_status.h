// How an issuer's key set is doing, for an operator's page.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace signet::verify {

// verify.md B.15. The enumerator is also the metric label.
enum class KeyState : std::uint8_t {
  empty,       // never fetched
  fresh,       // within the soft TTL
  soft_stale,  // past it: used, and due to be fetched
  hard_stale,  // past the hard TTL: not used
};
std::string_view to_string(KeyState state);

struct IssuerCounts {
  std::uint64_t fetched = 0;  // whole sets
  std::uint64_t not_modified = 0;
  std::uint64_t failed = 0;
  std::uint64_t misses_allowed = 0;     // unknown keys that caused a fetch
  std::uint64_t misses_suppressed = 0;  // and those that did not
};

struct IssuerStatus {
  std::string issuer;
  KeyState state = KeyState::empty;
  bool dead = false;   // three or more failures in a row
  bool idle = false;   // no token for 24 h: not refreshed
  bool fixed = false;  // keys from the configuration
  std::string jwks_uri;
  std::vector<std::string> kids;
  std::uint64_t generation = 0;
  std::optional<Instant> fetched_at;  // last success
  std::optional<std::chrono::seconds> age;
  std::optional<std::chrono::seconds> next_fetch_in;
  std::size_t failures_in_a_row = 0;
  std::size_t waiters = 0;
  std::string last_error;  // of the last attempt; empty after a success
  IssuerCounts counts;
};

}  // namespace signet::verify
