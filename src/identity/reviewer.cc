#include "identity/reviewer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "identity/snapshot_objects.h"
#include "jose/jws.h"
#include "token/audience.h"

namespace signet::identity {

std::size_t Reviewer::DigestHash::operator()(const crypto::Sha256& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

Reviewer::Reviewer(Options options, const KeyRing& ring, const Clock& clock,
                   telemetry::Registry& metrics, Tracking tracking)
    : options_(std::move(options)),
      keys_(ring),
      clock_(clock),
      tracker_(tracking, metrics),
      cache_metrics_(metrics) {}

Result<Reviewed, token::Refusal> Reviewer::review(std::string_view token,
                                                  std::span<const std::string> audiences,
                                                  const machinery::Snapshot& snapshot,
                                                  const TokenUse& use) {
  keys_.current();
  if (index_generation_ != keys_.generation()) {
    index_.clear();
    recent_.clear();
    index_generation_ = keys_.generation();
  }
  const auto start = CacheMetrics::start();
  const auto* seen = digests_.find(token);
  const auto digest = seen != nullptr ? *seen : crypto::sha256(token);
  const auto known = index_.find(digest);
  if (known == index_.end()) {
    auto reviewed = review_new(digest, token, audiences, snapshot, use);
    cache_metrics_.miss(start);
    return reviewed;
  }
  if (seen == nullptr) digests_.add(token, digest);
  recent_.splice(recent_.begin(), recent_, known->second);
  auto checked = check(known->second->claims, token, audiences, snapshot, use);
  cache_metrics_.hit(start);
  if (!checked) return std::unexpected(std::move(checked).error());
  return Reviewed{.user = known->second->user, .audiences = std::move(checked->audiences)};
}

Result<Reviewed, token::Refusal> Reviewer::review_new(const crypto::Sha256& digest,
                                                      std::string_view token,
                                                      std::span<const std::string> audiences,
                                                      const machinery::Snapshot& snapshot,
                                                      const TokenUse& use) {
  cache_metrics_.fetch_begins();
  auto claims = verify(token);
  cache_metrics_.fetch_ends();
  if (!claims) return std::unexpected(std::move(claims).error());
  TRY(auto checked, check(*claims, token, audiences, snapshot, use));
  auto user = claims->bound() != nullptr ? token::user_of(*claims->bound())
                                         : token::user_of(*claims->legacy());
  remember(digest, *std::move(claims), user);
  return Reviewed{.user = std::move(user), .audiences = std::move(checked.audiences)};
}

Result<token::ParsedClaims, token::Refusal> Reviewer::verify(std::string_view token) {
  const auto known_issuer = [this](std::string_view issuer) {
    return issuer == token::legacy_issuer ||
           std::ranges::find(options_.issuers, issuer) != options_.issuers.end();
  };
  auto jws = jose::parse_jws(token);
  if (!jws) return std::unexpected(token::refuse_not_ours());
  const auto peeked = jose::peek_issuer(*jws);
  if (!peeked || !known_issuer(*peeked)) return std::unexpected(token::refuse_not_ours());
  switch (jose::check_signature(*jws, keys_.current().verification, jose::WithoutKid::try_all)) {
    case jose::SignatureCheck::good:
      break;
    case jose::SignatureCheck::unknown_key:
      ++keys_lacked_;
      return std::unexpected(token::refuse_unknown_key());
    case jose::SignatureCheck::bad:
      return std::unexpected(token::refuse_bad_signature());
  }
  auto claims = token::parse_claims(std::move(jws->payload));
  if (!claims) return std::unexpected(token::refuse_bad_claims(claims.error().message));
  if (!known_issuer(claims->issuer())) {
    return std::unexpected(token::refuse_wrong_issuer(claims->issuer()));
  }
  return *std::move(claims);
}

Result<token::Checked, token::Refusal> Reviewer::check(const token::ParsedClaims& claims,
                                                       std::string_view token,
                                                       std::span<const std::string> audiences,
                                                       const machinery::Snapshot& snapshot,
                                                       const TokenUse& use) {
  const std::span<const std::string> api = options_.api_audiences;
  const token::AudienceQuestion question{.requested = audiences.empty() ? api : audiences,
                                         .api = api};
  const SnapshotObjects live(snapshot);
  const UseTracker::Seen seen{.claims = claims, .use = use, .now = clock_.now()};
  tracker_.names_no_audience(seen);
  auto checked = claims.bound() != nullptr
                     ? token::check_bound(*claims.bound(), question, live, seen.now)
                     : check_legacy(seen, token, question, live);
  if (checked) tracker_.aged(seen, *checked);
  if (!use.reviewer.empty()) look_at_audiences(seen, token, question, live, checked);
  return checked;
}

Result<token::Checked, token::Refusal> Reviewer::check_legacy(
    const UseTracker::Seen& seen, std::string_view token, const token::AudienceQuestion& question,
    const token::LiveObjects& live) {
  auto legacy = token::check_legacy(*seen.claims.legacy(), token, question, live,
                                    options_.legacy_lookup, seen.now);
  if (!legacy) {
    tracker_.refused_legacy(seen, legacy.error());
    return std::unexpected(std::move(legacy.error().refusal));
  }
  if (options_.legacy_lookup == token::Lookup::live) {
    tracker_.accepted_legacy(seen, *legacy);
  } else {
    tracker_.found(seen, Finding::legacy_token);  // whose secret it is, nobody has looked
  }
  return std::move(legacy->checked);
}

void Reviewer::look_at_audiences(const UseTracker::Seen& seen, std::string_view token,
                                 const token::AudienceQuestion& question,
                                 const token::LiveObjects& live,
                                 const Result<token::Checked, token::Refusal>& checked) {
  if (token::all_among(question.requested, question.api)) return;
  if (checked) {
    if (!token::all_among(checked->audiences, question.api)) return;
  } else {
    if (checked.error().reason != token::Reason::wrong_audience) return;
    // Refused for that alone: as a token for us it is good.
    const token::AudienceQuestion ours{.requested = question.api, .api = question.api};
    if (seen.claims.bound() != nullptr) {
      const auto good = token::check_bound(*seen.claims.bound(), ours, live, seen.now);
      if (!good) return;
      if (good->freshness == token::Freshness::stale) tracker_.found(seen, Finding::stale_token);
    } else {
      if (!token::check_legacy(*seen.claims.legacy(), token, ours, live, options_.legacy_lookup,
                               seen.now)) {
        return;
      }
      tracker_.found(seen, Finding::legacy_token);
    }
  }
  tracker_.found_default_audience(seen, question.requested, question.api);
}

void Reviewer::remember(const crypto::Sha256& digest, token::ParsedClaims claims,
                        token::UserInfo user) {
  if (options_.cache_entries == 0) return;
  if (recent_.size() >= options_.cache_entries) {
    index_.erase(recent_.back().digest);
    recent_.pop_back();
  }
  recent_.push_front({.digest = digest, .claims = std::move(claims), .user = std::move(user)});
  index_.emplace(digest, recent_.begin());
}

}  // namespace signet::identity
