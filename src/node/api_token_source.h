// Tokens from the authority's TokenRequest API.
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
