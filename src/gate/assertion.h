// Says to a backend, signed, who calls: for backends that do not trust whoever can reach them to
// leave the identity headers alone.
//
//   TRY(auto assertions, Assertions::create("https://gate.example", random));
//   set("x-auth-assertion", assertions->make(caller, "payments", clock.now()));
//
// Shape    a compact JWS, ES256, `typ` k8s-assert+jwt, for 60 s: iss (of the gate), sub, aud (the
//          route), iat, exp, jti, and `k8s` with cluster, namespace, account and pod. One caller on
//          one route gets the same text for half of its life, so that most requests cost no
//          signature. The key is made at start and lives in memory only; jwks() publishes it.
// Limits   4,096 callers are remembered; the rest are signed for each time.
// Threads  any.
// Source   RFC 7515, RFC 7519, RFC 8725 s3.11; verify.md C.6.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"
#include "party/caller.h"

namespace signet::gate {

class Assertions {
 public:
  static constexpr std::chrono::seconds life{60};
  static constexpr std::size_t remembered_max = 4'096;

  // `random` outlives this object.
  static Result<std::unique_ptr<Assertions>> create(std::string issuer, Random& random);

  // Empty when it cannot be signed; a backend that wants one refuses the request then.
  std::string make(const party::Caller& caller, std::string_view route, Instant now);
  const std::string& jwks() const { return jwks_; }

 private:
  struct Made {
    party::Caller caller;
    UnixTime issued_at;
    std::string text;
  };
  using Key = std::pair<std::string, std::string>;  // route, subject

  Assertions(std::string issuer, crypto::PrivateKey key, Random& random);
  std::string sign(const party::Caller& caller, std::string_view route, UnixTime now);

  std::string issuer_;
  crypto::PrivateKey key_;
  std::string header_;
  std::string jwks_;
  Random& random_;
  Guarded<std::map<Key, Made>> made_;
};

}  // namespace signet::gate
