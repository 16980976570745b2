#include "identity/key_ring_signer.h"

#include "base/try.h"
#include "jose/jws.h"

namespace signet::identity {

Task<Result<std::string>> KeyRingSigner::sign(std::string payload, std::chrono::seconds lifetime) {
  for (;;) {
    const auto& signing = keys_.current().signing;
    if (!signing) co_return fail(ErrorKind::unavailable, "there is no key to sign with");
    if (!signing->use || signing->use->covers(lifetime)) {
      co_return jose::sign_compact(signing->key, signing->encoded_header, payload);
    }
    // Another key may sign when this is written: look again then. Until then hold on to this one.
    const auto use = signing->use;
    CO_TRY_VOID(co_await use->cover(lifetime, loop_));
  }
}

}  // namespace signet::identity
