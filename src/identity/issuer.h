// Makes a bound token: composes the claims, signs them.
//
//   auto issued = issuer.issue({.ns = "default", .account = {...}, ...});
//
// Errors   internal: the key refused to sign.
// Threads  one Issuer a loop.
// Source   tokens.md 2.7, 3.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "identity/key_ring.h"
#include "token/claims.h"
#include "token/lifetime.h"

namespace signet::identity {

// Views are borrowed for the call.
struct IssueRequest {
  std::string_view ns;
  token::ObjectRef account;
  std::vector<std::string_view> audiences;
  token::Lifetime lifetime;
  std::optional<token::ObjectRef> pod;
  std::optional<token::ObjectRef> secret;
  std::optional<token::ObjectRef> node;
};

struct Issued {
  std::string token;
  std::string id;       // `jti`
  UnixTime expires_at;  // as shown: before any extension
};

class Issuer {
 public:
  Issuer(std::string issuer, const KeyRing& ring, const Clock& clock, Random& random)
      : issuer_(std::move(issuer)), keys_(ring), clock_(clock), random_(random) {}

  Result<Issued> issue(const IssueRequest& request);

 private:
  std::string issuer_;
  KeyRing::Reader keys_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace signet::identity
