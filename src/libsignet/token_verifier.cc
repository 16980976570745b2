#include "signet/token_verifier.h"

#include "base/cat.h"
#include "jose/algorithm.h"
#include "libsignet/key_source_state.h"
#include "verify/verifier.h"

namespace signet {

namespace {

Refusal refusal_of(verify::Reason reason) {
  switch (reason) {
    case verify::Reason::too_large:
      return Refusal::too_large;
    case verify::Reason::malformed:
      return Refusal::malformed;
    case verify::Reason::algorithm_not_accepted:
      return Refusal::algorithm_not_accepted;
    case verify::Reason::header_not_accepted:
      return Refusal::header_not_accepted;
    case verify::Reason::keys_unavailable:
      return Refusal::keys_unavailable;
    case verify::Reason::unknown_key:
      return Refusal::unknown_key;
    case verify::Reason::bad_signature:
      return Refusal::bad_signature;
    case verify::Reason::bad_claims:
      return Refusal::bad_claims;
    case verify::Reason::wrong_issuer:
      return Refusal::wrong_issuer;
    case verify::Reason::wrong_audience:
      return Refusal::wrong_audience;
    case verify::Reason::not_yet_valid:
      return Refusal::not_yet_valid;
    case verify::Reason::expired:
      return Refusal::expired;
    case verify::Reason::issued_in_future:
      return Refusal::issued_in_future;
    case verify::Reason::lives_too_long:
      return Refusal::lives_too_long;
    case verify::Reason::claims_mismatch:
      return Refusal::claims_mismatch;
  }
  return Refusal::malformed;
}

Caller caller_of(const verify::VerifiedToken& token) {
  const auto& claims = token.claims();
  Caller caller{.subject = std::string(claims.subject),
                .ns = std::string(claims.ns),
                .service_account = std::string(claims.service_account.name),
                .service_account_uid = std::string(claims.service_account.uid),
                .pod = {},
                .pod_uid = {},
                .node = {},
                .node_uid = {},
                .token_id = std::string(claims.id),
                .audiences = token.matched_audiences(),
                .expires_at = token.expires_at()};
  if (claims.pod) {
    caller.pod = claims.pod->name;
    caller.pod_uid = claims.pod->uid;
  }
  if (claims.node) {
    caller.node = claims.node->name;
    caller.node_uid = claims.node->uid;
  }
  return caller;
}

}  // namespace

struct TokenVerifier::State {
  verify::TokenVerifier core;
  std::shared_ptr<DiscoveredKeys> discovered;  // null: keys cannot be asked for

  Result<verify::VerifiedToken, verify::Rejection> verify(std::string_view token, Instant now,
                                                          std::chrono::milliseconds patience) const;
  verify::Rejection no_keys() const;
};

Result<verify::VerifiedToken, verify::Rejection> TokenVerifier::State::verify(
    std::string_view token, Instant now, std::chrono::milliseconds patience) const {
  using verify::Reason;
  auto verified = core.verify(token, now);
  if (verified || discovered == nullptr) return verified;
  const auto reason = verified.error().reason;
  if (reason != Reason::keys_unavailable && reason != Reason::unknown_key) return verified;
  // Junk must not cause fetches, and no key would make it good.
  if (auto plausible = core.check_unverified(token, now); !plausible) {
    return std::unexpected(std::move(plausible).error());
  }
  const auto answer = discovered->look_for_key_of(token, patience);
  if (patience > std::chrono::milliseconds(0)) verified = core.verify(token, now);
  if (verified) return verified;
  const bool late =
      patience > std::chrono::milliseconds(0) && answer == verify::KeyAnswer::keys_unavailable;
  if (verified.error().reason == Reason::keys_unavailable ||
      (verified.error().reason == Reason::unknown_key && late)) {
    return std::unexpected(no_keys());
  }
  return verified;
}

verify::Rejection TokenVerifier::State::no_keys() const {
  std::string detail = "the issuer's keys cannot be had";
  const auto why = discovered->last_error();
  if (!why.empty()) append(detail, ": ", why);
  return {.reason = verify::Reason::keys_unavailable, .detail = std::move(detail)};
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::too_large:
      return "too_large";
    case Refusal::malformed:
      return "malformed";
    case Refusal::algorithm_not_accepted:
      return "algorithm_not_accepted";
    case Refusal::header_not_accepted:
      return "header_not_accepted";
    case Refusal::keys_unavailable:
      return "keys_unavailable";
    case Refusal::unknown_key:
      return "unknown_key";
    case Refusal::bad_signature:
      return "bad_signature";
    case Refusal::bad_claims:
      return "bad_claims";
    case Refusal::wrong_issuer:
      return "wrong_issuer";
    case Refusal::wrong_audience:
      return "wrong_audience";
    case Refusal::not_yet_valid:
      return "not_yet_valid";
    case Refusal::expired:
      return "expired";
    case Refusal::issued_in_future:
      return "issued_in_future";
    case Refusal::lives_too_long:
      return "lives_too_long";
    case Refusal::claims_mismatch:
      return "claims_mismatch";
  }
  return "unknown";
}

std::expected<TokenVerifier, std::string> TokenVerifier::create(const Options& options,
                                                                const KeySource& keys) {
  std::string problems;
  const auto add = [&](std::string_view problem) {
    if (!problems.empty()) problems += '\n';
    problems += problem;
  };
  verify::TokenVerifier::Options core{.issuer = options.issuer,
                                      .audiences = options.audiences,
                                      .algorithms = {},
                                      .clock_skew = options.leeway,
                                      .lifetime_max = options.lifetime_max};
  for (const auto& name : options.algorithms) {
    if (const auto algorithm = jose::algorithm_named(name)) {
      core.algorithms.push_back(*algorithm);
    } else {
      add("algorithms: one is not known");
    }
  }
  auto made = verify::TokenVerifier::create(std::move(core), keys.state_->keys);
  if (!made) {
    for (const auto& problem : made.error()) add(problem);
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return TokenVerifier(std::make_shared<const State>(
      State{.core = *std::move(made), .discovered = keys.state_->discovered}));
}

std::expected<Caller, Rejection> TokenVerifier::verify(
    std::string_view token, std::chrono::system_clock::time_point now) const {
  return verify_waiting(token, now, std::chrono::milliseconds(0));
}

std::expected<Caller, Rejection> TokenVerifier::verify_waiting(
    std::string_view token, std::chrono::system_clock::time_point now,
    std::chrono::milliseconds patience) const {
  auto verified = state_->verify(token, now, patience);
  if (verified) return caller_of(*verified);
  return std::unexpected(Rejection{.refusal = refusal_of(verified.error().reason),
                                   .detail = std::move(verified).error().detail});
}

}  // namespace signet
