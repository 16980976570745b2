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

  // None: nothing was asked, because fetching would not help.
  std::optional<verify::KeyAnswer> look_for_key(std::string_view token, Instant now,
                                                std::chrono::milliseconds patience,
                                                verify::Reason reason) const {
    if (discovered == nullptr) return std::nullopt;
    if (reason != verify::Reason::unknown_key && reason != verify::Reason::keys_unavailable) {
      return std::nullopt;
    }
    // Junk must not cause fetches.
    if (!core.check_unverified(token, now)) return std::nullopt;
    return discovered->look_for_key_of(token, patience);
  }

  std::unexpected<Rejection> no_keys() const {
    std::string detail = "the issuer's keys cannot be had";
    const auto why = discovered == nullptr ? std::string() : discovered->last_error();
    if (!why.empty()) append(detail, ": ", why);
    return std::unexpected(
        Rejection{.refusal = Refusal::keys_unavailable, .detail = std::move(detail)});
  }
};

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
  auto verified = state_->core.verify(token, now);
  if (verified) return caller_of(*verified);
  const auto answer = state_->look_for_key(token, now, patience, verified.error().reason);
  if (answer && patience > std::chrono::milliseconds(0)) {
    verified = state_->core.verify(token, now);
    if (verified) return caller_of(*verified);
  }
  auto rejection = std::move(verified).error();
  const bool unknowable =
      rejection.reason == verify::Reason::keys_unavailable ||
      (rejection.reason == verify::Reason::unknown_key && patience > std::chrono::milliseconds(0) &&
       answer == verify::KeyAnswer::keys_unavailable);
  if (unknowable) return state_->no_keys();
  return std::unexpected(
      Rejection{.refusal = refusal_of(rejection.reason), .detail = std::move(rejection.detail)});
}

}  // namespace signet
