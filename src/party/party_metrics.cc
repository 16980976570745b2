#include "party/party_metrics.h"

#include <cstddef>

namespace signet::party {
namespace {

telemetry::Counter checks(telemetry::Registry& metrics, std::string_view result,
                          std::string_view method) {
  return metrics.counter("signet_party_checks_total", "Tokens that were checked, by the answer.",
                         {{"result", result}, {"method", method}});
}
telemetry::Counter reloads(telemetry::Registry& metrics, std::string_view status) {
  return metrics.counter("signet_party_policy_reloads_total",
                         "Changes of the policy files that were looked at.", {{"status", status}});
}
telemetry::Gauge last_reload(telemetry::Registry& metrics, std::string_view status) {
  return metrics.gauge("signet_party_policy_last_reload_timestamp_seconds",
                       "When a change of the policy files was last looked at.",
                       {{"status", status}});
}

}  // namespace

PartyMetrics::PartyMetrics(telemetry::Registry& metrics)
    : reloads_good_(reloads(metrics, "success")),
      reloads_bad_(reloads(metrics, "failure")),
      last_good_(last_reload(metrics, "success")),
      last_bad_(last_reload(metrics, "failure")),
      waiting_(metrics.gauge("signet_party_waiting_checks",
                             "Checks that wait for keys, a cluster or their turn.")) {
  for (std::size_t i = 0; i < refusals; ++i) {
    refused_.push_back(checks(metrics, to_string(static_cast<Refusal>(i)), ""));
  }
  for (const auto method : {Method::offline, Method::review, Method::both}) {
    allowed_.push_back(checks(metrics, "allowed", to_string(method)));
  }
  for (const auto& row : jose::algorithm_table) {
    signatures_.push_back(metrics.histogram(
        "signet_party_signature_duration_seconds", "How long the check of a signature took.",
        telemetry::short_duration_buckets(), {{"algorithm", row.name}}));
  }
}

void PartyMetrics::count(const Verdict& verdict) {
  if (verdict) {
    allowed_[static_cast<std::size_t>((*verdict)->method)].add();
  } else {
    refused_[static_cast<std::size_t>(verdict.error().reason)].add();
  }
}

void PartyMetrics::count_signature(jose::Algorithm algorithm, std::chrono::nanoseconds took) {
  signatures_[static_cast<std::size_t>(algorithm)].observe(
      std::chrono::duration<double>(took).count());
}

void PartyMetrics::count_reload(bool good, Instant now) {
  (good ? reloads_good_ : reloads_bad_).add();
  (good ? last_good_ : last_bad_).set(static_cast<double>(unix_seconds(now)));
}

}  // namespace signet::party
