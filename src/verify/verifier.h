// Decides whether a bearer string is a token of one issuer that this program should believe.
//
//   auto verifier = TokenVerifier::create(
//       {.issuer = "https://k8s.example", .audiences = {"vault"}}, keys);
//   if (!verifier) return explain(verifier.error());     // every wrong option, not just the first
//   auto token = verifier->verify(bearer, clock.now());
//   if (!token) return refuse(token.error());            // Rejection: a reason and a detail
//   serve(token->claims().subject);                      // only a verified token has claims()
//
// Shape    header.payload.signature, base64url without padding; a key is used with its own
//          algorithm only. Issuer and audiences are compared byte for byte.
// Units    instants in nanoseconds against claims in whole seconds; a token is good while
//          nbf - skew <= now < exp + skew.
// Errors   the first failed check; checks run in the order of Reason.
// Limits   those of jose/jws.h and token/claims.h; `kid` 256 bytes, as in jose/jwk.h.
// Threads  immutable after create(): call verify() from any thread, no lock is taken.
// I/O      none. KeySource::current() hands over a snapshot; refreshing is the source's job.
// Source   RFC 7515 s5.2 (signature), RFC 7519 s4.1 and s7.2 (claims), RFC 8725 s3 (the key decides
//          the algorithm; issuer and type are checked), Kubernetes bound tokens.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jose/algorithm.h"
#include "jose/jws.h"
#include "token/claims.h"
#include "verify/key_source.h"

namespace signet::verify {

// Why a token was refused, in the order in which it is checked. The enumerator is also the metric
// label and the audit word, so renaming one is a breaking change.
enum class Reason : std::uint8_t {
  too_large,               // over 16 KiB; nothing was decoded
  malformed,               // not three base64url parts, the header no JSON object, `kid` too long
  algorithm_not_accepted,  // `alg` is not in Options::algorithms; "none" never is
  header_not_accepted,     // `crit`, an embedded key, or a `typ` of another kind of token
  keys_unavailable,        // the source has no snapshot yet: answer "try again", not "no"
  unknown_key,             // no key with this `kid`; refresh the source, then retry once
  bad_signature,
  bad_claims,        // signed, but no claims as Kubernetes writes them; or a legacy token
  wrong_issuer,      // `iss` is not Options::issuer
  wrong_audience,    // `aud` and Options::audiences have nothing in common
  not_yet_valid,     // now + clock_skew < nbf
  expired,           // exp + clock_skew <= now
  issued_in_future,  // now + clock_skew < iat
  lives_too_long,    // exp - iat > lifetime_max
  claims_mismatch,   // `sub` and the Kubernetes claims name different accounts
};
std::string_view to_string(Reason reason);

struct Rejection {
  Reason reason;
  std::string detail;  // for operators; never holds a signature, a key or a whole token
};

// A token whose signature and claims have passed. Only TokenVerifier makes one, so a function that
// takes a VerifiedToken cannot be reached with an unverified string.
class VerifiedToken {
 public:
  // Views into this object; they stay valid when it is moved.
  const token::BoundClaims& claims() const { return *claims_.bound(); }
  // The members of Options::audiences that the token names. Never empty.
  const std::vector<std::string>& matched_audiences() const { return matched_audiences_; }
  UnixTime expires_at() const { return *claims().expires_at; }

 private:
  friend class TokenVerifier;
  VerifiedToken(token::ParsedClaims claims, std::vector<std::string> matched_audiences)
      : claims_(std::move(claims)), matched_audiences_(std::move(matched_audiences)) {}

  token::ParsedClaims claims_;
  std::vector<std::string> matched_audiences_;
};

// All of it has passed but the signature, which nobody has looked at: nothing of it is shown but
// what helps to find the key. Borrows the Jws.
class UnprovenToken {
 public:
  std::optional<UnixTime> issued_at() const { return claims_.bound()->issued_at; }

 private:
  friend class TokenVerifier;
  UnprovenToken(const jose::Jws& jws, token::ParsedClaims claims,
                std::vector<std::string> matched_audiences)
      : jws_(&jws), claims_(std::move(claims)), matched_audiences_(std::move(matched_audiences)) {}

  const jose::Jws* jws_;
  token::ParsedClaims claims_;
  std::vector<std::string> matched_audiences_;
};

enum class Subjects : std::uint8_t {
  service_accounts,  // `sub` is system:serviceaccount:<ns>:<name> and agrees with the claims
  any,               // a non-empty `sub`, for issuers that are no cluster
};

class TokenVerifier {
 public:
  struct Options {
    std::string issuer;                  // Required. Equal to `iss`, byte for byte.
    std::vector<std::string> audiences;  // Required, one or more; one in common is enough.
    // All four: an algorithm costs nothing until the issuer publishes a key for it. Leave out
    // ES384 and ES512 where their thirtyfold cost may be used against you.
    std::vector<jose::Algorithm> algorithms = {jose::Algorithm::rs256, jose::Algorithm::es256,
                                               jose::Algorithm::es384, jose::Algorithm::es512};
    std::chrono::seconds clock_skew = std::chrono::seconds{30};  // 0 s to 300 s
    // Tokens of one year, which Kubernetes makes for clients that never re-read them, need more.
    std::chrono::seconds lifetime_max = std::chrono::hours{48};  // above 0 s
    // Accepted values of `typ` in any case, without "application/"; "" stands for none.
    std::vector<std::string> types = {"", "JWT"};
    Subjects subjects = Subjects::service_accounts;
    // Off: a header that carries keys or URLs of keys is refused. They are never used either way.
    bool tolerate_embedded_keys = false;
  };

  // The only fallible step of construction: all that is wrong with the options.
  static Result<TokenVerifier, std::vector<std::string>> create(
      Options options, std::shared_ptr<const KeySource> keys);

  // Verifies `compact` as of `now`. The signature is checked over the bytes as received, before the
  // payload is parsed.
  Result<VerifiedToken, Rejection> verify(std::string_view compact, Instant now) const;

  // Whether fetching keys for a token of unknown_key is worth it: everything but the signature,
  // on claims nobody vouches for. Junk must not be able to cause fetches.
  Result<void, Rejection> check_unverified(std::string_view compact, Instant now) const;

  // For whoever looks for the key in between: everything but the signature, then the signature
  // under keys that are the issuer's. The outcome is that of verify(), but that of two faults a bad
  // claim is told first.
  Result<UnprovenToken, Rejection> check_unverified(const jose::Jws& jws, Instant now) const;
  Result<UnprovenToken, Rejection> check_unverified(jose::Jws&& jws, Instant now) const = delete;
  static Result<VerifiedToken, Rejection> prove(UnprovenToken token,
                                                std::span<const jose::VerificationKey> keys);

  const Options& options() const { return options_; }

 private:
  TokenVerifier(Options options, std::shared_ptr<const KeySource> keys)
      : options_(std::move(options)), keys_(std::move(keys)) {}

  struct Judged {
    token::ParsedClaims claims;
    std::vector<std::string> matched_audiences;
  };

  Result<jose::Jws, Rejection> open(std::string_view compact) const;
  Result<void, Rejection> check_header(const jose::Jws& jws) const;
  Result<void, Rejection> check_key(const jose::Jws& jws) const;
  Result<Judged, Rejection> check_claims(std::string payload, Instant now) const;
  Result<void, Rejection> check_times(const token::BoundClaims& claims, Instant now) const;
  Result<void, Rejection> check_subject(const token::BoundClaims& claims) const;

  Options options_;
  std::shared_ptr<const KeySource> keys_;
};

}  // namespace signet::verify
