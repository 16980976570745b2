// What a relying party counts. Every check is counted once, under the word it was answered with.
//
// Threads  safe from any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "party/relying_party.h"
#include "telemetry/metrics.h"

namespace signet::party {

class PartyMetrics {
 public:
  explicit PartyMetrics(telemetry::Registry& metrics);

  void count(const Verdict& verdict);
  void count_reload(bool good, Instant now);
  void count_waiting(double change) { waiting_.add(change); }

 private:
  std::vector<telemetry::Counter> refused_;  // by Refusal
  std::vector<telemetry::Counter> allowed_;  // by Method
  telemetry::Counter reloads_good_;
  telemetry::Counter reloads_bad_;
  telemetry::Gauge last_good_;
  telemetry::Gauge last_bad_;
  telemetry::Gauge waiting_;
};

}  // namespace signet::party
