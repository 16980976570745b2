// The order in which a service-account token whose signature is good is judged, and the words each
// refusal is given. This is the only place that knows either.
//
//   auto checked = check_bound(*claims, {.requested = spec_audiences, .api = api_audiences},
//                              live, clock.now());
//   if (!checked) return refuse(checked.error());
//
// Shape    bound tokens: audience, nbf, exp, iat, account, secret, pod, node. Legacy tokens:
//          audience, claims, secret, account, invalid-since mark.
// Units    instants with their nanoseconds: a token works until exp + 60 s inclusive. An object is
//          gone when its deletion time lies more than 60 s back.
// Errors   the first failed check as a Refusal.
// Threads  pure; LiveObjects decides.
// Cost     no allocation besides the resulting audiences unless the token is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "token/claims.h"
#include "token/user_info.h"

namespace signet::token {

inline constexpr std::chrono::seconds leeway{60};

// Why one of our own tokens is refused, in the order of the checks. The enumerator is also the
// metric label and the audit word.
enum class Reason : std::uint8_t {
  not_ours,     // no token of this issuer at all: somebody else may know it
  unknown_key,  // no key has the token's kid
  bad_signature,
  bad_claims,  // signed, but not what a service-account token says
  wrong_issuer,
  wrong_audience,
  not_yet_valid,
  expired,
  issued_in_future,
  account_not_found,
  account_uid_mismatch,
  account_deleted,
  secret_not_found,
  secret_uid_mismatch,
  secret_deleted,
  secret_token_mismatch,  // legacy: the secret now holds another token
  pod_not_found,
  pod_uid_mismatch,
  pod_deleted,
  node_not_found,
  node_uid_mismatch,
  node_deleted,
  marked_invalid,  // legacy: labelled kubernetes.io/legacy-token-invalid-since
};
std::string_view to_string(Reason reason);

struct Refusal {
  Reason reason;
  std::string text;  // exactly as Kubernetes says it

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// The refusals that come before claims can be looked at, for whoever checks signatures.
Refusal refuse_not_ours();
Refusal refuse_unknown_key();
Refusal refuse_bad_signature();
Refusal refuse_bad_claims(std::string_view what);
Refusal refuse_wrong_issuer(std::string_view issuer);

struct ObjectState {
  std::string_view uid;
  std::optional<UnixTime> deleted_at;  // metadata.deletionTimestamp
};

// What a legacy token needs to know of its secret.
struct LegacySecretState {
  std::optional<UnixTime> deleted_at;
  std::string_view token;          // data.token, decoded
  std::string_view invalid_since;  // label kubernetes.io/legacy-token-invalid-since
  std::string_view last_used;      // label kubernetes.io/legacy-token-last-used
};

// The objects as they are now. Views stay valid as long as the LiveObjects does, so an
// implementation is a view of one snapshot, made for one review.
class LiveObjects {
 public:
  virtual ~LiveObjects() = default;
  virtual std::optional<ObjectState> service_account(std::string_view ns,
                                                     std::string_view name) const = 0;
  virtual std::optional<ObjectState> pod(std::string_view ns, std::string_view name) const = 0;
  virtual std::optional<ObjectState> secret(std::string_view ns, std::string_view name) const = 0;
  virtual std::optional<ObjectState> node(std::string_view name) const = 0;
  virtual std::optional<LegacySecretState> legacy_secret(std::string_view ns,
                                                         std::string_view name) const = 0;
  // Whether the account's `secrets` name this one.
  virtual bool account_lists_secret(std::string_view ns, std::string_view account,
                                    std::string_view secret) const = 0;
};

struct AudienceQuestion {
  std::span<const std::string> requested;  // the review's, or those of the server
  std::span<const std::string> api;        // the server's own
};

enum class Freshness : std::uint8_t {
  plain,  // not an extended token
  valid,  // extended, used before its warning time
  stale,  // extended, used after it
};

struct Checked {
  std::vector<std::string> audiences;  // never empty
  bool without_audience = false;       // counts as legacy use whatever its issuer
  Freshness freshness = Freshness::plain;
  std::int64_t stale_seconds = 0;  // past the warning time
};

Result<Checked, Refusal> check_bound(const BoundClaims& claims, const AudienceQuestion& audience,
                                     const LiveObjects& live, Instant now);

enum class Lookup : std::uint8_t { live, claims_only };

struct CheckedLegacy {
  Checked checked;
  bool auto_generated = false;   // the account lists the secret
  bool touch_last_used = false;  // the secret's label is neither today's nor tomorrow's date
};
// A token marked invalid is refused, but its last use is still to be written down.
struct LegacyRefusal {
  Refusal refusal;
  bool touch_last_used = false;
};

// `compact` is the token as presented; the secret must hold exactly that.
Result<CheckedLegacy, LegacyRefusal> check_legacy(const LegacyClaims& claims,
                                                  std::string_view compact,
                                                  const AudienceQuestion& audience,
                                                  const LiveObjects& live, Lookup lookup,
                                                  Instant now);

// Who the bearer of an accepted token is.
UserInfo user_of(const BoundClaims& claims);
UserInfo user_of(const LegacyClaims& claims);

}  // namespace signet::token
