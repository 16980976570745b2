#include "verify/key_metrics.h"

#include <utility>

namespace signet::verify {
namespace {

template <std::size_t... I>
auto failure_counters(telemetry::Registry& registry, std::index_sequence<I...> /*reasons*/) {
  return std::array{registry.counter("signet_keys_fetch_failures_total",
                                     "Attempts that brought no key set.",
                                     {{"reason", to_string(static_cast<KeyFailureReason>(I))}})...};
}

template <std::size_t... I>
auto answer_counters(telemetry::Registry& registry, std::index_sequence<I...> /*answers*/) {
  return std::array{registry.counter("signet_keys_waits_total",
                                     "Questions that a look-up could not answer.",
                                     {{"answer", to_string(static_cast<KeyAnswer>(I))}})...};
}

template <std::size_t... I>
auto state_gauges(telemetry::Registry& registry, std::index_sequence<I...> /*states*/) {
  return std::array{registry.gauge("signet_keys_sets", "Key sets by their state.",
                                   {{"state", to_string(static_cast<KeyState>(I))}})...};
}

}  // namespace

KeyMetrics::KeyMetrics(telemetry::Registry& registry)
    : requests(registry.counter("signet_keys_requests_total", "HTTPS requests made to issuers.")),
      fetched(registry.counter("signet_keys_fetches_total", "Key sets fetched.",
                               {{"result", "fetched"}})),
      not_modified(registry.counter("signet_keys_fetches_total", "Key sets fetched.",
                                    {{"result", "not_modified"}})),
      changed(registry.counter("signet_keys_changes_total", "Key sets that came with other keys.")),
      skipped_keys(registry.counter("signet_keys_skipped_total",
                                    "Keys of fetched sets that are of no use.")),
      misses_allowed(registry.counter("signet_keys_unknown_total",
                                      "Unknown keys, by whether one caused a fetch.",
                                      {{"fetch", "allowed"}})),
      misses_suppressed(registry.counter("signet_keys_unknown_total",
                                         "Unknown keys, by whether one caused a fetch.",
                                         {{"fetch", "suppressed"}})),
      waiters_refused(registry.counter("signet_keys_waiters_refused_total",
                                       "Callers that found too many others waiting.")),
      store_failures(registry.counter("signet_keys_store_failures_total",
                                      "Persisted key sets that could not be read or written.")),
      issuers(registry.gauge("signet_keys_issuers", "Issuers configured.")),
      dead(registry.gauge("signet_keys_dead", "Key sets that failed three times in a row.")),
      idle(registry.gauge("signet_keys_idle", "Key sets without a token for a day.")),
      waiters(registry.gauge("signet_keys_waiters", "Callers that wait for keys.")),
      in_flight(registry.gauge("signet_keys_requests_in_flight", "Requests to issuers that run.")),
      oldest_active_seconds(registry.gauge("signet_keys_oldest_active_seconds",
                                           "Age of the oldest key set that is in use.")),
      failed_(failure_counters(registry, std::make_index_sequence<key_failure_reasons>())),
      answered_(answer_counters(registry, std::make_index_sequence<4>())),
      states_(state_gauges(registry, std::make_index_sequence<4>())) {}

void KeyMetrics::set_states(const std::array<std::size_t, 4>& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    states_.at(i).set(static_cast<double>(counts.at(i)));
  }
}

}  // namespace signet::verify
