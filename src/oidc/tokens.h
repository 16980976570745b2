// Tokens of other issuers among the bearer tokens that are believed.
//
// Shape    the issuer is matched byte for byte; then, in this order: keys there, issuer, audience,
//          expiry, not-before, signature, claims. What is cheap comes first, so that junk costs no
//          signature and makes nobody fetch keys. The user is good for the audiences of this
//          server only.
// Units    expiry without leeway, not-before with one minute, as Kubernetes.
// Errors   Kubernetes' texts: "oidc: verify token: oidc: token is expired (...)". A token of one of
//          these issuers that is not good is refused, never anonymous.
// Limits   those of jose/jws.h: 16 KiB a token. Algorithms are those of jose/algorithm.h: RS256,
//          ES256, ES384 and ES512, where Kubernetes also takes RS384, RS512 and PS*.
// Threads  one a loop. Nothing here waits: a token whose key is not known is refused, the keeper is
//          told, and the next one finds it.
// Source   Kubernetes' OIDC authenticator; tokens.md 5.1, 5.2.
#pragma once

#include <string>
#include <vector>

#include "access/token_authenticator.h"
#include "base/clock.h"
#include "oidc/authenticators.h"

namespace signet::oidc {

class OidcTokens final : public access::TokenAuthenticator {
 public:
  // `source` and `clock` outlive this.
  OidcTokens(const Authenticators& source, const Clock& clock,
             std::vector<std::string> api_audiences)
      : authenticators_(source), clock_(clock), api_audiences_(std::move(api_audiences)) {}

  access::TokenVerdict authenticate(std::string_view token, std::span<const std::string> audiences,
                                    const machinery::Snapshot& snapshot,
                                    const identity::TokenUse& use) override;

 private:
  Authenticators::Reader authenticators_;
  const Clock& clock_;
  std::vector<std::string> api_audiences_;
};

}  // namespace signet::oidc
