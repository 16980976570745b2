// Tokens from the authority's TokenRequest API.
//
// Errors   as ApiClient's; unavailable also for an answer without a token.
// Threads  as ApiClient.
#pragma once

#include "node/api_client.h"
#include "node/token_manager.h"

namespace signet::node {

class ApiTokenSource final : public TokenSource {
 public:
  explicit ApiTokenSource(ApiClient& api) : api_(api) {}
  Result<IssuedToken> create_token(const TokenRequest& request) override;
  Result<bool> serves_tokens() override;

 private:
  ApiClient& api_;
};

}  // namespace signet::node
