// Static bearer tokens from a file, for the first minutes of a cluster and for tests:
// --token-auth-file.
//
//   token,user,uid,"group1,group2"
//
// Shape    read once, at start. Only keyed digests of the tokens are kept, so that a look-up tells
//          nothing by how long it takes, and a memory dump holds no token.
// Errors   in kube-apiserver's words; never with what stands in the file.
// Limits   a file of 4 MiB.
// Threads  TokenFile is immutable; StaticTokens is one a loop.
// Source   api.md I; Kubernetes' token file authenticator.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access/token_authenticator.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "token/user_info.h"

namespace signet::access {

class TokenFile {
 public:
  static Result<TokenFile> load(const std::string& path, Random& random);

  // Null for a token that is not in it.
  const token::UserInfo* find(std::string_view token) const;

 private:
  explicit TokenFile(Random& random);

  Secret key_;
  std::map<crypto::Sha256, token::UserInfo> users_;
};

class StaticTokens final : public TokenAuthenticator {
 public:
  // The file outlives this.
  StaticTokens(const TokenFile& file, std::vector<std::string> api_audiences)
      : file_(file), api_audiences_(std::move(api_audiences)) {}

  TokenVerdict authenticate(std::string_view token, std::span<const std::string> audiences,
                            const machinery::Snapshot& snapshot,
                            const identity::TokenUse& use) override;

 private:
  const TokenFile& file_;
  std::vector<std::string> api_audiences_;
};

}  // namespace signet::access
