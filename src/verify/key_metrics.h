// What the engine counts: by kind of event, never by issuer, of which there may be ten thousand.
// Details of one issuer are in issuer_status.h.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "telemetry/metrics.h"
#include "verify/issuer_status.h"
#include "verify/key_fetch.h"
#include "verify/key_lookup.h"

namespace signet::verify {

class KeyMetrics {
 public:
  explicit KeyMetrics(telemetry::Registry& registry);

  telemetry::Counter requests;      // to issuers, documents and keys
  telemetry::Counter fetched;       // key sets
  telemetry::Counter not_modified;  // answered 304
  telemetry::Counter changed;       // generations
  telemetry::Counter skipped_keys;
  telemetry::Counter misses_allowed;
  telemetry::Counter misses_suppressed;
  telemetry::Counter waiters_refused;  // no room
  telemetry::Counter store_failures;   // persisted sets that could not be read or written

  telemetry::Gauge issuers;
  telemetry::Gauge dead;
  telemetry::Gauge idle;
  telemetry::Gauge waiters;
  telemetry::Gauge in_flight;
  telemetry::Gauge oldest_active_seconds;

  void failed(KeyFailureReason reason) { failed_.at(static_cast<std::size_t>(reason)).add(); }
  void answered(KeyAnswer answer) { answered_.at(static_cast<std::size_t>(answer)).add(); }
  void set_states(const std::array<std::size_t, 4>& counts);

 private:
  std::array<telemetry::Counter, key_failure_reasons> failed_;
  std::array<telemetry::Counter, 4> answered_;
  std::array<telemetry::Gauge, 4> states_;
};

}  // namespace signet::verify
