#include "verify/negative_keys.h"

#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "crypto/digest.h"

namespace signet::verify {
namespace {

constexpr std::size_t hash_key_bytes = 32;

}  // namespace

NegativeKeys::NegativeKeys(Random& random, std::size_t entries)
    : entries_max_(entries), hash_key_(hash_key_bytes, '\0') {
  random.fill(std::as_writable_bytes(std::span(hash_key_)));
}

// A new generation makes what was noted for the last one unreachable: clearing it takes no search.
std::uint64_t NegativeKeys::name_of(UnitId unit, std::uint64_t generation,
                                    std::string_view kid) const {
  const std::array<std::uint64_t, 2> numbers{unit, generation};
  const auto fixed = std::bit_cast<std::array<char, sizeof numbers>>(numbers);
  const std::array<std::string_view, 2> parts{std::string_view(fixed.data(), fixed.size()), kid};
  const auto digest = crypto::hmac_sha256(hash_key_, parts);
  std::uint64_t name = 0;
  std::memcpy(&name, digest.data(), sizeof name);
  return name;
}

void NegativeKeys::note(UnitId unit, std::uint64_t generation, std::string_view kid,
                        SteadyTime now) {
  const auto name = name_of(unit, generation, kid);
  if (const auto found = index_.find(name); found != index_.end()) {
    entries_.erase(found->second);
    index_.erase(found);
  }
  if (entries_.size() >= entries_max_) {
    index_.erase(entries_.front().name);
    entries_.pop_front();
  }
  entries_.push_back({.name = name, .until = now + lifetime});
  index_.emplace(name, std::prev(entries_.end()));
}

bool NegativeKeys::holds(UnitId unit, std::uint64_t generation, std::string_view kid,
                         SteadyTime now) {
  while (!entries_.empty() && entries_.front().until <= now) {
    index_.erase(entries_.front().name);
    entries_.pop_front();
  }
  return index_.contains(name_of(unit, generation, kid));
}

}  // namespace signet::verify
