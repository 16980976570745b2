#include "identity/reviewer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "identity/snapshot_objects.h"
#include "jose/jws.h"

namespace signet::identity {

std::size_t Reviewer::DigestHash::operator()(const crypto::Sha256& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

Reviewer::Reviewer(Options options, const KeyRing& ring, const Clock& clock,
                   telemetry::Registry& metrics)
    : options_(std::move(options)),
      keys_(ring),
      clock_(clock),
      hits_(metrics.counter("authentication_token_cache_request_total",
                            "Reviews by whether the signature was known to be good.",
                            {{"status", "hit"}})),
      misses_(metrics.counter("authentication_token_cache_request_total",
                              "Reviews by whether the signature was known to be good.",
                              {{"status", "miss"}})),
      legacy_tokens_(metrics.counter("serviceaccount_legacy_tokens_total",
                                     "Accepted tokens that name no audience.")),
      stale_tokens_(metrics.counter("serviceaccount_stale_tokens_total",
                                    "Accepted extended tokens past their warning time.")),
      valid_tokens_(metrics.counter("serviceaccount_valid_tokens_total",
                                    "Accepted extended tokens before their warning time.")) {}

Result<Reviewed, token::Refusal> Reviewer::review(std::string_view token,
                                                  std::span<const std::string> audiences,
                                                  const machinery::Snapshot& snapshot) {
  keys_.current();
  if (index_generation_ != keys_.generation()) {
    index_.clear();
    recent_.clear();
    index_generation_ = keys_.generation();
  }
  const auto digest = crypto::sha256(token);
  if (const auto known = index_.find(digest); known != index_.end()) {
    hits_.add();
    recent_.splice(recent_.begin(), recent_, known->second);
    TRY(auto checked, check(known->second->claims, token, audiences, snapshot));
    return Reviewed{.user = known->second->user, .audiences = std::move(checked.audiences)};
  }
  misses_.add();
  TRY(auto claims, verify(token));
  TRY(auto checked, check(claims, token, audiences, snapshot));
  auto user = claims.bound() != nullptr ? token::user_of(*claims.bound())
                                        : token::user_of(*claims.legacy());
  remember(digest, std::move(claims), user);
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
                                                       const machinery::Snapshot& snapshot) {
  const std::span<const std::string> api = options_.api_audiences;
  const token::AudienceQuestion question{.requested = audiences.empty() ? api : audiences,
                                         .api = api};
  const SnapshotObjects live(snapshot);
  token::Checked checked;
  if (claims.bound() != nullptr) {
    TRY(checked, token::check_bound(*claims.bound(), question, live, clock_.now()));
  } else {
    auto legacy = token::check_legacy(*claims.legacy(), token, question, live, token::Lookup::live,
                                      clock_.now());
    if (!legacy) return std::unexpected(std::move(legacy.error().refusal));
    checked = std::move(legacy->checked);
  }
  if (checked.without_audience) legacy_tokens_.add();
  if (checked.freshness == token::Freshness::stale) stale_tokens_.add();
  if (checked.freshness == token::Freshness::valid) valid_tokens_.add();
  return checked;
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
