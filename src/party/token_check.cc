#include "party/token_check.h"

#include <memory>
#include <span>
#include <utility>

#include "base/try.h"
#include "token/claims.h"

namespace signet::party {
namespace {

using verify::TokenVerifier;

Refusal refusal_of(verify::Reason reason) {
  using verify::Reason;
  switch (reason) {
    case Reason::too_large:
    case Reason::malformed:
    case Reason::bad_claims:
      return Refusal::malformed;
    case Reason::algorithm_not_accepted:
    case Reason::header_not_accepted:
    case Reason::lives_too_long:
      return Refusal::unsupported;
    case Reason::keys_unavailable:
      return Refusal::keys_unavailable;
    case Reason::unknown_key:
      return Refusal::unknown_key;
    case Reason::bad_signature:
      return Refusal::bad_signature;
    case Reason::wrong_issuer:
      return Refusal::unknown_issuer;
    case Reason::wrong_audience:
      return Refusal::wrong_audience;
    case Reason::not_yet_valid:
    case Reason::issued_in_future:
      return Refusal::not_yet_valid;
    case Reason::expired:
      return Refusal::expired;
    case Reason::claims_mismatch:
      return Refusal::claims_mismatch;
  }
  return Refusal::malformed;
}

std::unexpected<Refused> refuse(Refusal reason, std::string detail) {
  return std::unexpected(Refused{.reason = reason, .detail = std::move(detail)});
}
std::unexpected<Refused> refuse(verify::Rejection rejection) {
  return refuse(refusal_of(rejection.reason), std::move(rejection.detail));
}

Result<TokenVerifier, Refused> verifier_of(const IssuerDocument& issuer,
                                           const std::vector<std::string>& audiences) {
  // Keys come later, one a token.
  static const auto none =
      std::make_shared<const verify::FixedKeys>(std::vector<jose::VerificationKey>());
  if (audiences.empty()) return refuse(Refusal::wrong_audience, "the token names no audience");
  auto verifier = TokenVerifier::create({.issuer = issuer.keys.issuer,
                                         .audiences = audiences,
                                         .algorithms = issuer.tokens.algorithms,
                                         .clock_skew = issuer.tokens.clock_skew,
                                         .lifetime_max = issuer.tokens.lifetime_max,
                                         .types = issuer.tokens.types},
                                        none);
  // The policy was checked; only audiences that a token itself names can still be of no use.
  if (!verifier) return refuse(Refusal::wrong_audience, verifier.error().front());
  return *std::move(verifier);
}

std::optional<ObjectName> object(const std::optional<token::ObjectRef>& reference) {
  if (!reference) return std::nullopt;
  return ObjectName{.name = std::string(reference->name), .uid = std::string(reference->uid)};
}

}  // namespace

Result<OpenedToken, Refused> open_token(std::string_view token) {
  auto jws = jose::parse_jws(token);
  if (!jws) return refuse(Refusal::malformed, std::move(jws).error().message);
  auto issuer = jose::peek_issuer(*jws);
  if (!issuer) return refuse(Refusal::malformed, "the token names no issuer");
  return OpenedToken{.jws = *std::move(jws), .issuer = *std::move(issuer)};
}

std::vector<std::string> audiences_of(const OpenedToken& opened) {
  const auto claims = token::parse_claims(opened.jws.payload);
  std::vector<std::string> audiences;
  if (claims && claims->bound() != nullptr) {
    audiences.assign(claims->bound()->audiences.begin(), claims->bound()->audiences.end());
  }
  return audiences;
}

Result<verify::UnprovenToken, Refused> check_unverified(const OpenedToken& opened,
                                                        const IssuerDocument& issuer,
                                                        const std::vector<std::string>& audiences,
                                                        Instant now) {
  TRY(const auto verifier, verifier_of(issuer, audiences));
  auto unproven = verifier.check_unverified(opened.jws, now);
  if (!unproven) return refuse(std::move(unproven).error());
  return *std::move(unproven);
}

Result<CheckedToken, Refused> check_signed(verify::UnprovenToken unproven,
                                           const IssuerDocument& issuer,
                                           const jose::VerificationKey& key) {
  const auto verified = TokenVerifier::prove(std::move(unproven), std::span(&key, 1));
  if (!verified) return refuse(verified.error());
  const auto& claims = verified->claims();
  return CheckedToken{.caller = {.subject = canonical_subject(issuer.cluster, claims.ns,
                                                              claims.service_account.name),
                                 .cluster = issuer.cluster,
                                 .issuer = issuer.keys.issuer,
                                 .ns = std::string(claims.ns),
                                 .name = std::string(claims.service_account.name),
                                 .uid = std::string(claims.service_account.uid),
                                 .pod = object(claims.pod),
                                 .node = object(claims.node),
                                 .secret = object(claims.secret),
                                 .jti = std::string(claims.id),
                                 .audiences = verified->matched_audiences(),
                                 .not_after = verified->expires_at()},
                      .not_before = claims.not_before};
}

bool is_expensive(jose::Algorithm algorithm) {
  return algorithm == jose::Algorithm::es384 || algorithm == jose::Algorithm::es512;
}

}  // namespace signet::party
