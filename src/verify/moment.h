// Now, on both clocks: ages and waits by the steady one, what tokens and files say by the wall.
//
// Threads  now() is safe from any thread.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace signet::verify {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Moment {
  SteadyTime steady;
  Instant wall;
};

class Moments {
 public:
  virtual ~Moments() = default;
  virtual Moment now() const = 0;
};

// The machine's steady clock beside any wall clock: setting the latter moves no deadline.
class SteadyMoments final : public Moments {
 public:
  explicit SteadyMoments(const Clock& wall) : wall_(wall) {}
  Moment now() const override {
    return {.steady = std::chrono::steady_clock::now(), .wall = wall_.now()};
  }

 private:
  const Clock& wall_;
};

}  // namespace signet::verify
