// How a relying party is doing, for an operator's page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codec/json.h"
#include "verify/issuer_status.h"

namespace signet::party {

struct PolicyStatus {
  std::uint64_t generation = 0;  // changes of the policy that are in force
  std::optional<Instant> loaded_at;
  // What is wrong with the files as they are; empty when they are what is in force.
  std::vector<std::string> problems;
  std::optional<Instant> failed_at;
};

struct ReviewStatus {
  std::string server;
  bool breaker_open = false;
  std::size_t in_flight = 0;
  std::string last_error;
};

struct IssuerReport {
  std::string name;
  std::string url;
  std::string cluster;
  std::string mode;  // "oidc", "review", "hybrid"
  std::optional<verify::IssuerStatus> keys;
  std::optional<ReviewStatus> review;
};

struct RouteReport {
  std::string name;
  std::string phase;                   // "old", "both", "new"; empty: any audience
  std::vector<std::string> audiences;  // accepted now
};

// An account whose tokens name no audience but an old one of a route.
struct OldAudienceUse {
  std::string route;
  std::string cluster;
  std::string ns;
  std::string name;
  std::uint64_t checks = 0;
  Instant first_seen{};
  Instant last_seen{};
};

struct Status {
  bool ready = false;
  bool draining = false;
  std::size_t waiting = 0;  // checks that wait for a network or their turn
  PolicyStatus policy;
  std::vector<IssuerReport> issuers;
  std::vector<RouteReport> routes;
  std::vector<OldAudienceUse> old_audience_uses;
  std::uint64_t old_audience_checks_left_out = 0;  // by accounts beyond the limit
};

codec::Json to_json(const Status& status);

}  // namespace signet::party
