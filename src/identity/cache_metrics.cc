#include "identity/cache_metrics.h"

namespace signet::identity {
namespace {

telemetry::Counter fetches(telemetry::Registry& metrics, std::string_view status) {
  return metrics.counter("authentication_token_cache_fetch_total",
                         "Tokens whose signature was checked.", {{"status", status}});
}

telemetry::Gauge fetching(telemetry::Registry& metrics, std::string_view status) {
  return metrics.gauge("authentication_token_cache_active_fetch_count",
                       "Tokens whose signature is being checked.", {{"status", status}});
}

}  // namespace

CacheMetrics::Requests::Requests(telemetry::Registry& metrics, std::string_view status)
    : total(metrics.counter("authentication_token_cache_request_total",
                            "Tokens by whether their signature was known to be good.",
                            {{"status", status}})),
      duration(metrics.histogram("authentication_token_cache_request_duration_seconds",
                                 "How long it took to judge a token.",
                                 telemetry::short_duration_buckets(), {{"status", status}})) {}

CacheMetrics::CacheMetrics(telemetry::Registry& metrics)
    : hits_(metrics, "hit"),
      misses_(metrics, "miss"),
      fetches_(fetches(metrics, "ok")),
      in_flight_(fetching(metrics, "in_flight")) {
  fetches(metrics, "error");
  fetching(metrics, "blocked");
}

}  // namespace signet::identity
