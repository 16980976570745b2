// Who puts the signature under a token: a key in this process, or somebody outside it.
//
//   auto token = co_await signer.sign(token::compose(claims), lifetime);
//
// Shape    the claims as JSON in; a compact JWS out, under whatever header the signer chooses.
// Units    `lifetime`: how long the token will be good. The key it was signed with has to be
//          published at least that long.
// Errors   unavailable: the signer cannot be reached in time; internal: it refused, or answered
//          with something that cannot be a token of ours.
// Threads  one object a loop; a coroutine resumes on that loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/task.h"

namespace signet::identity {

class TokenSigner {
 public:
  TokenSigner() = default;
  TokenSigner(const TokenSigner&) = delete;
  TokenSigner& operator=(const TokenSigner&) = delete;
  virtual ~TokenSigner() = default;

  virtual Task<Result<std::string>> sign(std::string payload, std::chrono::seconds lifetime) = 0;
};

}  // namespace signet::identity
