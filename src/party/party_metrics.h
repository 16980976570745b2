// What a relying party counts. Every check is counted once, under the word it was answered with.
//
// Threads  safe from any thread.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "jose/algorithm.h"
#include "party/relying_party.h"
#include "telemetry/metrics.h"

namespace signet::party {

class PartyMetrics {
 public:
  explicit PartyMetrics(telemetry::Registry& metrics);

  void count(const Verdict& verdict);
  void count_reload(bool good, Instant now);
  void count_waiting(double change) { waiting_.add(change); }
  // One signature was checked, and took so long. Verdicts that are remembered need none.
  void count_signature(jose::Algorithm algorithm, std::chrono::nanoseconds took);

 private:
  std::vector<telemetry::Counter> refused_;       // by Refusal
  std::vector<telemetry::Counter> allowed_;       // by Method
  std::vector<telemetry::Histogram> signatures_;  // by Algorithm
  telemetry::Counter reloads_good_;
  telemetry::Counter reloads_bad_;
  telemetry::Gauge last_good_;
  telemetry::Gauge last_bad_;
  telemetry::Gauge waiting_;
};

}  // namespace signet::party
