// Makes a bound token: composes the claims, signs them.
//
//   auto issued = co_await issuer.issue({.ns = "default", .account = {...}, ...});
//
// Errors   those of the signer.
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
#include "base/task.h"
#include "identity/token_signer.h"
#include "token/claims.h"
#include "token/lifetime.h"

namespace signet::identity {

// Views are read before issue() first waits for anything.
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
  Issuer(std::string issuer, TokenSigner& signer, const Clock& clock, Random& random)
      : issuer_(std::move(issuer)), signer_(signer), clock_(clock), random_(random) {}

  Task<Result<Issued>> issue(IssueRequest request);

 private:
  std::string issuer_;
  TokenSigner& signer_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace signet::identity
