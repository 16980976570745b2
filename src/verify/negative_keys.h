// Keys that an issuer was just asked for and does not have.
//
// Shape    (unit, kid) as a keyed hash of 64 bits; least recently noted ones go first. Two that
//          collide would make one key unknown for up to half a minute: whoever cannot see the
//          hash key cannot aim at it.
// Limits   65,536 entries, each for 30 s.
// Threads  none: the owner guards it.
// Source   verify.md B.15, A.13 (hash flooding).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/random.h"
#include "verify/fetch_budget.h"
#include "verify/moment.h"

namespace signet::verify {

class NegativeKeys {
 public:
  static constexpr std::size_t entries_max = 65'536;
  static constexpr std::chrono::seconds lifetime{30};

  explicit NegativeKeys(Random& random, std::size_t entries = entries_max);

  void note(UnitId unit, std::uint64_t generation, std::string_view kid, SteadyTime now);
  // Whether that generation of the unit's keys is known not to have it.
  bool holds(UnitId unit, std::uint64_t generation, std::string_view kid, SteadyTime now);
  std::size_t size() const { return index_.size(); }

 private:
  struct Entry {
    std::uint64_t name;
    SteadyTime until;
  };
  std::uint64_t name_of(UnitId unit, std::uint64_t generation, std::string_view kid) const;

  std::size_t entries_max_;
  std::string hash_key_;
  std::list<Entry> entries_;  // the oldest first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> index_;
};

}  // namespace signet::verify
