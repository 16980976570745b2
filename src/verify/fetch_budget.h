// Whose fetch is next: what all issuers may cost together, so that none can spend it alone.
//
//   budget.enqueue(unit, Lane::scheduled, "k8s.example:443");
//   while (const auto unit = budget.next(now)) start(*unit);
//   budget.release(unit);                        // its request ended
//
// Shape    four queues in the order of Lane; within one, first come first served. Who has to wait
//          for its host waits aside and does not hold up who stands behind.
// Limits   Options. One request a unit.
// Threads  none: the owner guards it.
// Source   verify.md B.15, "global fetch rate", "in flight".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "verify/moment.h"
#include "verify/rate_window.h"

namespace signet::verify {

using UnitId = std::uint64_t;

enum class Lane : std::uint8_t {
  first_load,  // somebody waits, and there are no keys at all
  kid_miss,    // somebody waits for one key
  scheduled,
  suspect,  // issuers that failed three times in a row: slots of their own
};
inline constexpr std::size_t lanes = 4;

class FetchBudget {
 public:
  struct Options {
    std::size_t per_second = 50;
    std::size_t kid_misses_per_second = 15;
    std::size_t in_flight_healthy = 192;
    std::size_t in_flight_suspect = 64;
    std::size_t in_flight_per_host = 4;
  };
  enum class Place : std::uint8_t { back, front };

  explicit FetchBudget(const Options& options);

  // Again for a unit that waits: takes it out and puts it in anew.
  void enqueue(UnitId unit, Lane lane, std::string_view host, Place place = Place::back);
  // Out of its queue, or as if its request had ended.
  void remove(UnitId unit);
  // The unit whose request may start now; it holds its slots until release().
  std::optional<UnitId> next(SteadyTime now);
  void release(UnitId unit);

  // When next() may have something by time alone; max() when it takes a release.
  SteadyTime next_by_time() const;
  bool is_queued(UnitId unit) const { return queued_.contains(unit); }
  std::size_t in_flight(Lane lane) const { return in_flight_.at(slot_of(lane)); }
  std::size_t in_flight() const { return granted_.size(); }

 private:
  struct Waiting {
    UnitId unit;
    std::uint64_t ticket;  // valid while queued_ says the same
  };
  struct Standing {
    Lane lane;
    std::string host;
    std::uint64_t ticket = 0;
  };
  struct Host {
    std::size_t in_flight = 0;
    std::deque<Waiting> aside;
  };
  static std::size_t slot_of(Lane lane) { return lane == Lane::suspect ? 1 : 0; }

  bool has_slot(Lane lane) const;
  std::optional<UnitId> take(Lane lane, SteadyTime now);
  void bring_back(Host& host);

  Options options_;
  RateWindow all_;
  RateWindow kid_misses_;
  std::array<std::deque<Waiting>, lanes> queues_;
  std::unordered_map<UnitId, Standing> queued_;
  std::unordered_map<UnitId, Standing> granted_;
  std::unordered_map<std::string, Host> hosts_;
  std::array<std::size_t, 2> in_flight_{};  // healthy, suspect
  std::uint64_t tickets_ = 0;
};

}  // namespace signet::verify
