// Decides whether a bearer string is a service-account token of one issuer that this program should
// believe.
//
//   auto verifier = signet::TokenVerifier::create(
//       {.issuer = "https://k8s.example", .audiences = {"vault"}}, keys);
//   if (!verifier) return explain(verifier.error());   // every wrong option, a line each
//   auto caller = verifier->verify(bearer, std::chrono::system_clock::now());
//   if (!caller) return refuse(caller.error());
//   serve(caller->ns, caller->service_account);
//
// Shape    header.payload.signature, as Kubernetes makes them. Issuer and audiences are compared
//          byte for byte.
// Units    a token is good while nbf - leeway <= now < exp + leeway.
// Errors   the first failed check; checks run in the order of Refusal, but where keys by discovery
//          are missing, a token that no key could make good is refused for that.
// Limits   16 KiB a token, 16 audiences in it, a key id of 256 bytes.
// Threads  immutable after create(): call verify() from any thread.
// I/O      none, but for a KeySource of a file, which is read again when its time is over. With one
//          by discovery, verify() waits for a fetch only as long as it is told to.
// Source   RFC 7515, RFC 7519, RFC 8725.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signet/export.h"
#include "signet/key_source.h"

namespace signet {

// The numbers are part of the binary interface and never change.
enum class Refusal : std::uint8_t {
  too_large = 1,               // over 16 KiB; nothing was decoded
  malformed = 2,               // not three base64url parts, or the header is not one JSON object
  algorithm_not_accepted = 3,  // `alg` is not in Options::algorithms; "none" never is
  header_not_accepted = 4,     // `crit`, an embedded key, or a `typ` of another kind of token
  keys_unavailable = 5,        // answer "try again", not "no"
  unknown_key = 6,
  bad_signature = 7,
  bad_claims = 8,  // signed, but no claims as Kubernetes writes them; or a legacy token
  wrong_issuer = 9,
  wrong_audience = 10,
  not_yet_valid = 11,
  expired = 12,
  issued_in_future = 13,
  lives_too_long = 14,
  claims_mismatch = 15,  // `sub` and the Kubernetes claims name different accounts
};
// The enumerator, for a metric or a log.
SIGNET_EXPORT std::string_view to_string(Refusal refusal);

struct Rejection {
  Refusal refusal;
  std::string detail;  // for operators; never holds a signature, a key or a whole token
};

// Who holds the token. Empty where the token says nothing.
struct Caller {
  std::string subject;  // system:serviceaccount:NAMESPACE:NAME
  std::string ns;
  std::string service_account;
  std::string service_account_uid;
  std::string pod;
  std::string pod_uid;
  std::string node;
  std::string node_uid;
  std::string token_id;                // `jti`
  std::vector<std::string> audiences;  // those of Options that the token names; never empty
  std::chrono::sys_seconds expires_at;
};

class SIGNET_EXPORT TokenVerifier {
 public:
  struct Options {
    std::string issuer;                  // Required. Equal to `iss`, byte for byte.
    std::vector<std::string> audiences;  // Required, one or more; one in common is enough.
    // Names of RFC 7518. Those of an API server; each may be used only with a key of its own kind.
    std::vector<std::string> algorithms = {"RS256", "ES256"};
    std::chrono::seconds leeway{30};  // 0 s to 300 s
    // Tokens of one year, which Kubernetes makes for clients that never re-read them, need more.
    std::chrono::seconds lifetime_max{48 * 60 * 60};  // above 0 s
  };

  // All that is wrong with the options, a line each.
  static std::expected<TokenVerifier, std::string> create(const Options& options,
                                                          const KeySource& keys);

  // Never waits. A key that is not known yet is asked for, for the next time.
  std::expected<Caller, Rejection> verify(std::string_view token,
                                          std::chrono::system_clock::time_point now) const;

  // Waits up to `patience` for keys that must be fetched, if all else about the token would do: 2 s
  // at most for the first ones, 250 ms for a new one. Like verify() with any other KeySource.
  std::expected<Caller, Rejection> verify_waiting(std::string_view token,
                                                  std::chrono::system_clock::time_point now,
                                                  std::chrono::milliseconds patience) const;

 private:
  struct State;
  explicit TokenVerifier(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace signet
