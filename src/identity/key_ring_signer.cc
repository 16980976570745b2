#include "identity/key_ring_signer.h"

#include "jose/jws.h"

namespace signet::identity {

Task<Result<std::string>> KeyRingSigner::sign(std::string payload, std::chrono::seconds) {
  const auto& signing = keys_.current().signing;
  if (!signing) co_return fail(ErrorKind::unavailable, "there is no key to sign with");
  co_return jose::sign_compact(signing->key, signing->encoded_header, payload);
}

}  // namespace signet::identity
