// Signs tokens by asking a process outside, and looks there for keys that are not known here.
//
//   RemoteTokenSigner signer(remote, keeper, longest_lifetime, loop);
//   auto token = co_await signer.sign(payload, lifetime);
//
// Shape    the signer's header is checked, its signature is not: whoever presents the token finds
//          out.
// Errors   invalid: a lifetime beyond what the signer allows, such as that of a legacy token.
//          exhausted: too many wait. unavailable, internal: as RemoteSigner, or an answer that
//          cannot be a token.
// Limits   10 s; 512 tokens wait at once on a loop.
// Threads  its loop's.
// Source   tokens.md 10, "Sign".
#pragma once

#include <chrono>
#include <cstddef>

#include "base/executor.h"
#include "identity/key_search.h"
#include "identity/token_signer.h"
#include "signer/remote_keys.h"
#include "signer/remote_signer.h"

namespace signet::signer {

class RemoteTokenSigner final : public identity::TokenSigner, public identity::KeySearch {
 public:
  static constexpr std::chrono::seconds sign_limit{10};
  static constexpr std::size_t waiting_max = 512;

  RemoteTokenSigner(RemoteSigner& remote, RemoteKeyKeeper& keeper,
                    std::chrono::seconds longest_lifetime, Executor& loop)
      : remote_(remote),
        keeper_(keeper),
        keys_(keeper.ring()),
        longest_lifetime_(longest_lifetime),
        loop_(loop) {}

  Task<Result<std::string>> sign(std::string payload, std::chrono::seconds lifetime) override;
  Task<bool> look() override;

 private:
  Callback<Result<RemoteSignature>> ask(std::string claims);
  Result<std::string> assemble(std::string_view claims, const RemoteSignature& answer);

  RemoteSigner& remote_;
  RemoteKeyKeeper& keeper_;
  identity::KeyRing::Reader keys_;
  std::chrono::seconds longest_lifetime_;
  Executor& loop_;
  std::size_t waiting_ = 0;
};

}  // namespace signet::signer
