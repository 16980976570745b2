// At most so many in any one second, exactly: the instants of the last ones are remembered.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "verify/moment.h"

namespace signet::verify {

class RateWindow {
 public:
  explicit RateWindow(std::size_t per_second)
      : taken_(per_second, SteadyTime::min() + std::chrono::seconds{1}) {}

  // When the next one may be taken; not later than `now` if at once.
  SteadyTime next() const {
    const auto oldest = taken_[at_];
    return oldest + std::chrono::seconds{1};
  }
  bool may_take(SteadyTime now) const { return now >= next(); }
  void take(SteadyTime now) {
    taken_[at_] = now;
    at_ = (at_ + 1) % taken_.size();
  }

 private:
  std::vector<SteadyTime> taken_;  // a ring
  std::size_t at_ = 0;             // the oldest
};

}  // namespace signet::verify
