// How much of a cluster its reviews may use: a rate, a number at once, and nothing for a while when
// it fails.
//
//   if (limits.admit(now) == Admission::go) ask();        // then ended() once
//
// Shape    rate: a bucket that fills by queries_per_second up to burst. Breaker: when half of the
//          last 20 calls failed it opens for 5 s; then one call decides whether it closes.
// Threads  none: the owner guards it.
// Source   verify.md B.14, B.15 (hybrid mode).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "verify/moment.h"

namespace signet::party {

enum class Admission : std::uint8_t {
  go,
  busy,     // as many run as may: wait for one to end
  limited,  // asked too often
  open,     // the breaker: it has been failing
};
enum class CallResult : std::uint8_t { good, failed };

class ReviewLimits {
 public:
  static constexpr std::size_t breaker_calls = 20;
  static constexpr std::chrono::seconds breaker_rest{5};

  struct Options {
    std::size_t queries_per_second = 200;
    std::size_t burst = 400;
    std::size_t concurrent = 64;
  };
  explicit ReviewLimits(Options options)
      : options_(options), tokens_(static_cast<double>(options.burst)) {}

  Admission admit(verify::SteadyTime now);
  void ended(CallResult result, verify::SteadyTime now);

  bool is_open(verify::SteadyTime now) const { return now < open_until_; }
  std::size_t in_flight() const { return in_flight_; }

 private:
  void refill(verify::SteadyTime now);

  Options options_;
  double tokens_;
  verify::SteadyTime refilled_{};
  std::size_t in_flight_ = 0;
  std::deque<CallResult> recent_;
  std::size_t recent_failed_ = 0;
  verify::SteadyTime open_until_{};
  bool on_trial_ = false;  // it was open: one call decides
  bool trial_runs_ = false;
};

}  // namespace signet::party
