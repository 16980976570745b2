#include "party/old_audiences.h"

namespace signet::party {
namespace {

telemetry::Counter counter(telemetry::Registry& metrics, std::string_view route,
                           std::string_view cluster, std::string_view ns, std::string_view name) {
  return metrics.counter(
      "signet_party_old_audience_checks_total",
      "Callers let in by an old audience of a route alone.",
      {{"route", route}, {"cluster", cluster}, {"namespace", ns}, {"service_account", name}});
}

}  // namespace

OldAudiences::OldAudiences(telemetry::Registry& metrics)
    : metrics_(metrics),
      others_(std::make_shared<OldAudience>(counter(metrics, "", "", "", ""), Instant{})) {}

std::shared_ptr<OldAudience> OldAudiences::of(std::string_view route, const Caller& caller,
                                              Instant now) {
  return accounts_.with([&](auto& accounts) -> std::shared_ptr<OldAudience> {
    Key key(route, caller.cluster, caller.ns, caller.name);
    const auto found = accounts.find(key);
    if (found != accounts.end()) return found->second;
    if (accounts.size() == accounts_max) return others_;
    auto made = std::make_shared<OldAudience>(
        counter(metrics_, route, caller.cluster, caller.ns, caller.name), now);
    accounts.emplace(std::move(key), made);
    return made;
  });
}

std::vector<OldAudienceUse> OldAudiences::uses() const {
  return accounts_.with([](const auto& accounts) {
    std::vector<OldAudienceUse> uses;
    for (const auto& [key, account] : accounts) {
      const auto& [route, cluster, ns, name] = key;
      uses.push_back({.route = route,
                      .cluster = cluster,
                      .ns = ns,
                      .name = name,
                      .checks = account->seen_.load(std::memory_order_relaxed),
                      .first_seen = account->first_seen_,
                      .last_seen = account->last_seen_.load(std::memory_order_relaxed)});
    }
    return uses;
  });
}

std::uint64_t OldAudiences::left_out() const {
  return others_->seen_.load(std::memory_order_relaxed);
}

}  // namespace signet::party
