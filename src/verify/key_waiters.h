// Who waits for keys, until when, and what they are told at the end.
//
// Shape    a waiter holds nothing of a fetch: it may leave at any time and the fetch goes on.
// Limits   64 a unit for a first load, 64 for an unknown key.
// Threads  none: the owner guards it, and calls the callbacks it gets back under no lock.
// Source   verify.md B.15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "jose/algorithm.h"
#include "verify/fetch_budget.h"
#include "verify/key_lookup.h"
#include "verify/moment.h"

namespace signet::verify {

class KeyWaiters {
 public:
  using Answered = std::move_only_function<void(KeyAnswer)>;
  using Id = std::uint64_t;
  static constexpr std::size_t per_unit_max = 64;

  enum class Kind : std::uint8_t { first_load, kid_miss };
  struct Waiter {
    UnitId unit = 0;
    Kind kind = Kind::first_load;
    std::string kid;
    jose::Algorithm algorithm = jose::Algorithm::rs256;
    SteadyTime deadline;
    KeyAnswer when_late = KeyAnswer::keys_unavailable;
    Answered answered;
  };

  bool has_room(UnitId unit, Kind kind) const;
  Id add(Waiter waiter);
  // Those whose deadline has come.
  std::vector<Waiter> take_late(SteadyTime now);
  std::vector<Waiter> take_all(UnitId unit);
  std::vector<Waiter> take_everybody();
  void cancel(Id id);

  SteadyTime next_deadline() const;
  std::size_t count(UnitId unit) const;
  std::size_t size() const { return waiters_.size(); }

 private:
  struct Room {
    std::size_t first_load = 0;
    std::size_t kid_miss = 0;
    std::vector<Id> ids;
  };
  Waiter take(Id id);

  std::unordered_map<Id, Waiter> waiters_;
  std::multimap<SteadyTime, Id> deadlines_;
  std::unordered_map<UnitId, Room> rooms_;
  Id last_ = 0;
};

}  // namespace signet::verify
