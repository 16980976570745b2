// What is counted of the memory of verified tokens, under Kubernetes' names for its token cache.
//
// Shape    a hit is a token whose signature was known to be good; a miss is one that was checked,
//          which Kubernetes calls a fetch. A token that is refused is a fetch that went well, so
//          nothing is counted as an error; and since a check never waits, none is ever blocked on
//          another. Both are there at zero, for dashboards that add them up.
// Threads  safe from any thread.
// Source   tokens.md 7, 11.
#pragma once

#include <chrono>
#include <string_view>

#include "telemetry/metrics.h"

namespace signet::identity {

class CacheMetrics {
 public:
  explicit CacheMetrics(telemetry::Registry& metrics);

  using Start = std::chrono::steady_clock::time_point;
  static Start start() { return std::chrono::steady_clock::now(); }
  void hit(Start start) { hits_.add(start); }
  void miss(Start start) { misses_.add(start); }
  void fetch_begins() { in_flight_.add(1); }
  void fetch_ends() {
    in_flight_.add(-1);
    fetches_.add();
  }

 private:
  struct Requests {
    Requests(telemetry::Registry& metrics, std::string_view status);
    void add(Start start) {
      total.add();
      duration.observe_since(start);
    }

    telemetry::Counter total;
    telemetry::Histogram duration;
  };

  Requests hits_;
  Requests misses_;
  telemetry::Counter fetches_;
  telemetry::Gauge in_flight_;
};

}  // namespace signet::identity
