// Signs tokens with the key of the key ring that is in force.
//
// Shape    waits only before the first token that lives longer than any its key signed before:
//          until that is on disk (key_use.h).
#pragma once

#include "base/executor.h"
#include "identity/key_ring.h"
#include "identity/token_signer.h"

namespace signet::identity {

class KeyRingSigner final : public TokenSigner {
 public:
  KeyRingSigner(const KeyRing& ring, Executor& loop) : keys_(ring), loop_(loop) {}

  Task<Result<std::string>> sign(std::string payload, std::chrono::seconds lifetime) override;

 private:
  KeyRing::Reader keys_;
  Executor& loop_;
};

}  // namespace signet::identity
