// Tokens with which machines join: secrets of type bootstrap.kubernetes.io/token in kube-system.
//
//   07401b.f395accd246ae52d   ->  secret bootstrap-token-07401b, user system:bootstrap:07401b
//
// Shape    looked up in the snapshot at every request, so that a deleted secret is dead at once. A
//          token that is not good is "not mine", whatever is wrong with it; why is logged.
// Threads  one a loop.
// Source   api.md I; Kubernetes' bootstrap token authenticator. --enable-bootstrap-token-auth.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/token_authenticator.h"
#include "base/clock.h"

namespace signet::access {

class BootstrapTokens final : public TokenAuthenticator {
 public:
  // The clock outlives this.
  BootstrapTokens(const Clock& clock, std::vector<std::string> api_audiences)
      : clock_(clock), api_audiences_(std::move(api_audiences)) {}

  TokenVerdict authenticate(std::string_view token, std::span<const std::string> audiences,
                            const machinery::Snapshot& snapshot,
                            const identity::TokenUse& use) override;

 private:
  const Clock& clock_;
  std::vector<std::string> api_audiences_;
};

}  // namespace signet::access
