#include "verify/verifier.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/try.h"
#include "token/audience.h"
#include "token/user_info.h"

namespace signet::verify {

namespace {

constexpr std::chrono::seconds skew_max{300};
constexpr std::size_t audiences_max = 16;

std::unexpected<Rejection> reject(Reason reason, std::string detail) {
  return std::unexpected(Rejection{.reason = reason, .detail = std::move(detail)});
}

// RFC 8725 s3.11, RFC 7515 s4.1.9: "application/" may be left out.
bool is_accepted_type(const std::optional<std::string>& type,
                      const std::vector<std::string>& accepted) {
  constexpr std::string_view prefix = "application/";
  std::string_view name = type ? std::string_view(*type) : std::string_view();
  if (type && name.empty()) return false;
  if (name.size() > prefix.size() && equal_ignoring_case(name.substr(0, prefix.size()), prefix)) {
    name.remove_prefix(prefix.size());
  }
  return std::ranges::any_of(
      accepted, [&](const std::string& candidate) { return equal_ignoring_case(candidate, name); });
}

Result<void, Rejection> check_signature(const jose::Jws& jws,
                                        std::span<const jose::VerificationKey> keys) {
  switch (jose::check_signature(jws, keys, jose::WithoutKid::only_key)) {
    case jose::SignatureCheck::good:
      return {};
    case jose::SignatureCheck::unknown_key:
      return reject(Reason::unknown_key, "the issuer publishes no such key");
    case jose::SignatureCheck::bad:
      break;
  }
  return reject(Reason::bad_signature, "the signature is not that of the key");
}

std::vector<std::string> problems_of(const TokenVerifier::Options& options, bool has_keys) {
  std::vector<std::string> problems;
  const auto require = [&](bool ok, std::string_view problem) {
    if (!ok) problems.emplace_back(problem);
  };
  require(!options.issuer.empty(), "issuer: must not be empty");
  require(!options.audiences.empty(), "audiences: at least one is required");
  require(std::ranges::none_of(options.audiences, &std::string::empty),
          "audiences: none may be empty");
  require(!options.algorithms.empty(), "algorithms: at least one is required");
  require(options.clock_skew >= std::chrono::seconds(0) && options.clock_skew <= skew_max,
          "clock_skew: must lie between 0 and 300 seconds");
  require(options.lifetime_max > std::chrono::seconds(0), "lifetime_max: must be above 0");
  require(!options.types.empty(), "types: at least one is required");
  require(has_keys, "keys: a source is required");
  return problems;
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::too_large:
      return "too_large";
    case Reason::malformed:
      return "malformed";
    case Reason::algorithm_not_accepted:
      return "algorithm_not_accepted";
    case Reason::header_not_accepted:
      return "header_not_accepted";
    case Reason::keys_unavailable:
      return "keys_unavailable";
    case Reason::unknown_key:
      return "unknown_key";
    case Reason::bad_signature:
      return "bad_signature";
    case Reason::bad_claims:
      return "bad_claims";
    case Reason::wrong_issuer:
      return "wrong_issuer";
    case Reason::wrong_audience:
      return "wrong_audience";
    case Reason::not_yet_valid:
      return "not_yet_valid";
    case Reason::expired:
      return "expired";
    case Reason::issued_in_future:
      return "issued_in_future";
    case Reason::lives_too_long:
      return "lives_too_long";
    case Reason::claims_mismatch:
      return "claims_mismatch";
  }
  return "unknown";
}

Result<TokenVerifier, std::vector<std::string>> TokenVerifier::create(
    Options options, std::shared_ptr<const KeySource> keys) {
  auto problems = problems_of(options, keys != nullptr);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return TokenVerifier(std::move(options), std::move(keys));
}

Result<jose::Jws, Rejection> TokenVerifier::open(std::string_view compact) const {
  if (compact.size() > jose::token_bytes_max) {
    return reject(Reason::too_large, "the token is larger than 16 KiB");
  }
  auto jws = jose::parse_jws(compact);
  if (!jws) return reject(Reason::malformed, std::move(jws).error().message);
  TRY_VOID(check_header(*jws));
  return *std::move(jws);
}

Result<void, Rejection> TokenVerifier::check_header(const jose::Jws& jws) const {
  // No key of a set that is read has such a name.
  if (jws.kid.size() > jose::kid_bytes_max) {
    return reject(Reason::malformed, "the key id is longer than 256 bytes");
  }
  if (!jws.algorithm || std::ranges::count(options_.algorithms, *jws.algorithm) == 0) {
    return reject(Reason::algorithm_not_accepted, "the algorithm is not accepted");
  }
  if (jws.critical) {
    return reject(Reason::header_not_accepted, "the header demands an unknown extension");
  }
  if (jws.embeds_key && !options_.tolerate_embedded_keys) {
    return reject(Reason::header_not_accepted, "the header carries a key or the URL of one");
  }
  if (!is_accepted_type(jws.type, options_.types)) {
    return reject(Reason::header_not_accepted, "the header names another type of token");
  }
  return {};
}

Result<void, Rejection> TokenVerifier::check_key(const jose::Jws& jws) const {
  const auto snapshot = keys_->current();
  if (!snapshot) return reject(Reason::keys_unavailable, "the issuer's keys are not known yet");
  return check_signature(jws, snapshot->keys);
}

Result<void, Rejection> TokenVerifier::check_times(const token::BoundClaims& claims,
                                                   Instant now) const {
  const auto skew = options_.clock_skew;
  // In whole seconds, rounded down, so that no claim is ever converted to nanoseconds.
  const auto latest = whole_seconds(now + skew);
  const auto earliest = whole_seconds(now - skew);
  const auto expires_at = *claims.expires_at;
  if (claims.not_before && latest < *claims.not_before) {
    return reject(Reason::not_yet_valid, "the token is not valid yet");
  }
  if (expires_at <= earliest) return reject(Reason::expired, "the token has expired");
  if (claims.issued_at && latest < *claims.issued_at) {
    return reject(Reason::issued_in_future, "the token was issued in the future");
  }
  if (expires_at - claims.issued_at.value_or(whole_seconds(now)) > options_.lifetime_max) {
    return reject(Reason::lives_too_long, "the token lives longer than is accepted");
  }
  return {};
}

Result<void, Rejection> TokenVerifier::check_subject(const token::BoundClaims& claims) const {
  if (options_.subjects == Subjects::any) return {};
  const auto named = token::parse_service_account_username(claims.subject);
  const token::ServiceAccountName claimed{.ns = claims.ns, .name = claims.service_account.name};
  if (named && *named == claimed) return {};
  return reject(Reason::claims_mismatch,
                "the subject is no service account, or not the one in the claims");
}

Result<TokenVerifier::Judged, Rejection> TokenVerifier::check_claims(std::string payload,
                                                                     Instant now) const {
  auto parsed = token::parse_claims(std::move(payload), token::NameRule::unambiguous);
  if (!parsed) return reject(Reason::bad_claims, std::move(parsed).error().message);
  const auto* claims = parsed->bound();
  if (claims == nullptr) {
    return reject(Reason::bad_claims, "a legacy token, which never expires, is not accepted");
  }
  if (claims->issuer.empty() || claims->subject.empty() || !claims->expires_at) {
    return reject(Reason::bad_claims, "the token has no issuer, no subject or no expiry");
  }
  if (claims->audiences.size() > audiences_max) {
    return reject(Reason::bad_claims, "the token names too many audiences");
  }
  if (claims->issuer != options_.issuer) {
    return reject(Reason::wrong_issuer, "the token is another issuer's");
  }
  auto matched = token::intersect_audiences(options_.audiences, claims->audiences);
  if (matched.empty()) {
    return reject(Reason::wrong_audience, "the token is meant for another audience");
  }
  TRY_VOID(check_times(*claims, now));
  TRY_VOID(check_subject(*claims));
  return Judged{.claims = *std::move(parsed), .matched_audiences = std::move(matched)};
}

Result<VerifiedToken, Rejection> TokenVerifier::verify(std::string_view compact,
                                                       Instant now) const {
  TRY(auto jws, open(compact));
  TRY_VOID(check_key(jws));
  TRY(auto judged, check_claims(std::move(jws.payload), now));
  return VerifiedToken(std::move(judged.claims), std::move(judged.matched_audiences));
}

Result<void, Rejection> TokenVerifier::check_unverified(std::string_view compact,
                                                        Instant now) const {
  TRY(auto jws, open(compact));
  TRY_VOID(check_claims(std::move(jws.payload), now));
  return {};
}

Result<UnprovenToken, Rejection> TokenVerifier::check_unverified(const jose::Jws& jws,
                                                                 Instant now) const {
  TRY_VOID(check_header(jws));
  TRY(auto judged, check_claims(jws.payload, now));
  return UnprovenToken(jws, std::move(judged.claims), std::move(judged.matched_audiences));
}

Result<VerifiedToken, Rejection> TokenVerifier::prove(UnprovenToken token,
                                                      std::span<const jose::VerificationKey> keys) {
  TRY_VOID(check_signature(*token.jws_, keys));
  return VerifiedToken(std::move(token.claims_), std::move(token.matched_audiences_));
}

}  // namespace signet::verify
