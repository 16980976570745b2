// Our own tokens, bound and legacy, among the bearer tokens that are believed.
#pragma once

#include "access/token_authenticator.h"

namespace signet::access {

class ServiceAccountTokens final : public TokenAuthenticator {
 public:
  explicit ServiceAccountTokens(identity::Reviewer& reviewer) : reviewer_(reviewer) {}

  TokenVerdict authenticate(std::string_view token, std::span<const std::string> audiences,
                            const machinery::Snapshot& snapshot,
                            const identity::TokenUse& use) override {
    auto reviewed = reviewer_.review(token, audiences, snapshot, use);
    if (reviewed) return *std::move(reviewed);
    if (reviewed.error().reason == token::Reason::not_ours) return NotMine{};
    return Refused{std::move(reviewed.error().text)};
  }

 private:
  identity::Reviewer& reviewer_;
};

}  // namespace signet::access
