#include "party/status.h"

#include <string_view>

#include "codec/rfc3339.h"

namespace signet::party {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

Json time_json(const std::optional<Instant>& time) {
  if (!time) return nullptr;
  return Json(codec::to_rfc3339(whole_seconds(*time)));
}

Json texts_json(const std::vector<std::string>& texts) {
  JsonArray array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

Json seconds_json(const std::optional<std::chrono::seconds>& seconds) {
  if (!seconds) return nullptr;
  return seconds->count();
}

Json keys_json(const verify::IssuerStatus& keys) {
  return JsonObject{
      {"state", to_string(keys.state)},
      {"dead", keys.dead},
      {"idle", keys.idle},
      {"fixed", keys.fixed},
      {"jwksURI", keys.jwks_uri},
      {"keyIDs", texts_json(keys.kids)},
      {"generation", keys.generation},
      {"fetchedAt", time_json(keys.fetched_at)},
      {"ageSeconds", seconds_json(keys.age)},
      {"nextFetchInSeconds", seconds_json(keys.next_fetch_in)},
      {"failuresInARow", keys.failures_in_a_row},
      {"waiters", keys.waiters},
      {"lastError", keys.last_error},
      {"fetched", keys.counts.fetched},
      {"notModified", keys.counts.not_modified},
      {"failed", keys.counts.failed},
      {"missesAllowed", keys.counts.misses_allowed},
      {"missesSuppressed", keys.counts.misses_suppressed},
  };
}

Json review_json(const ReviewStatus& review) {
  return JsonObject{{"server", review.server},
                    {"breakerOpen", review.breaker_open},
                    {"inFlight", review.in_flight},
                    {"lastError", review.last_error}};
}

Json issuer_json(const IssuerReport& issuer) {
  JsonObject json{{"name", issuer.name},
                  {"url", issuer.url},
                  {"cluster", issuer.cluster},
                  {"mode", issuer.mode}};
  if (issuer.keys) json.emplace("keys", keys_json(*issuer.keys));
  if (issuer.review) json.emplace("review", review_json(*issuer.review));
  return json;
}

Json use_json(const OldAudienceUse& use) {
  return JsonObject{{"route", use.route},
                    {"cluster", use.cluster},
                    {"namespace", use.ns},
                    {"serviceAccount", use.name},
                    {"checks", use.checks},
                    {"firstSeen", time_json(use.first_seen)},
                    {"lastSeen", time_json(use.last_seen)}};
}

}  // namespace

codec::Json to_json(const Status& status) {
  JsonArray issuers;
  for (const auto& issuer : status.issuers) issuers.push_back(issuer_json(issuer));
  JsonArray routes;
  for (const auto& route : status.routes) {
    routes.push_back(JsonObject{
        {"name", route.name}, {"phase", route.phase}, {"audiences", texts_json(route.audiences)}});
  }
  JsonArray uses;
  for (const auto& use : status.old_audience_uses) uses.push_back(use_json(use));
  return JsonObject{
      {"ready", status.ready},
      {"draining", status.draining},
      {"waiting", status.waiting},
      {"policy", JsonObject{{"generation", status.policy.generation},
                            {"loadedAt", time_json(status.policy.loaded_at)},
                            {"problems", texts_json(status.policy.problems)},
                            {"failedAt", time_json(status.policy.failed_at)}}},
      {"issuers", std::move(issuers)},
      {"routes", std::move(routes)},
      {"oldAudienceUses", std::move(uses)},
      {"oldAudienceChecksLeftOut", status.old_audience_checks_left_out},
  };
}

}  // namespace signet::party
