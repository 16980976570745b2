// Signs tokens with the key of the key ring that is in force.
#pragma once

#include "identity/key_ring.h"
#include "identity/token_signer.h"

namespace signet::identity {

class KeyRingSigner final : public TokenSigner {
 public:
  explicit KeyRingSigner(const KeyRing& ring) : keys_(ring) {}

  Task<Result<std::string>> sign(std::string payload, std::chrono::seconds lifetime) override;

 private:
  KeyRing::Reader keys_;
};

}  // namespace signet::identity
