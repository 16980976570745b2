// Where a TokenVerifier takes the issuer's public keys from.
//
//   auto keys = signet::KeySource::from_file("/etc/issuer/jwks.json");
//   if (!keys) return explain(keys.error());
//
// Shape    a JSON Web Key Set: {"keys":[...]}. Copies share the same keys.
// Errors   what is wrong with the document, or why the file cannot be read. A key that is of no use
//          (another `use`, an unknown type) is skipped; a set without a usable key is refused, and
//          so is one that holds a private key.
// Limits   128 KiB, 64 entries, 32 usable keys.
// Threads  safe from any thread. Only by_discovery() starts threads: they end with the last copy
//          and the last verifier made from it.
// Source   RFC 7517 s5; OpenID Connect Discovery 1.0 s4.
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

namespace signet {

// Keys that an issuer publishes: https://ISSUER/.well-known/openid-configuration names them.
struct Discovery {
  std::string issuer;   // an https URL, as `iss` spells it
  std::string ca_file;  // PEM, read again for each fetch; empty: the system's
  // A bearer token sent to the issuer's own host and port, for a cluster that shows its keys to
  // accounts only. Read again for each fetch. Empty: none.
  std::string token_file;
  // Private ranges the issuer may be in; elsewhere only public addresses are connected to.
  std::vector<std::string> allowed_cidrs;
  // Hosts besides the issuer's that may serve the keys: "host", or "host:port".
  std::vector<std::string> jwks_hosts;
  // How long keys are used while they cannot be fetched anew; 0 s to 7 days.
  std::chrono::seconds hard_ttl = std::chrono::hours{6};
  // Where the last good keys are kept, so that a restart needs no network; empty: nowhere.
  std::string directory;
};

class SIGNET_EXPORT KeySource {
 public:
  // Keys that never change.
  static std::expected<KeySource, std::string> from_jwks(std::string_view document);

  // Public keys, certificates or private keys in PEM, of which the public half is used. A key goes
  // by the name kube-apiserver gives it: base64url(SHA-256(SubjectPublicKeyInfo)).
  static std::expected<KeySource, std::string> from_pem(std::string_view text);

  // Keys of a file that others replace. A verification reads it again once `reread_after` is over;
  // while the file cannot be read or used, the last good keys stay.
  static std::expected<KeySource, std::string> from_file(
      std::string path, std::chrono::seconds reread_after = std::chrono::seconds{10});

  // Keys that are fetched now, ahead of their age, and when a token names a new one: at most one
  // fetch in 30 seconds for that. Nothing waits for the first fetch here; TokenVerifier may.
  static std::expected<KeySource, std::string> by_discovery(const Discovery& discovery);

 private:
  friend class TokenVerifier;
  struct State;
  explicit KeySource(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace signet
