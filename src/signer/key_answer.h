// Turns the keys that a signer sent into a key set, or says what is wrong with them.
//
//   TRY(auto keys, to_key_set(answer));
//
// Shape    published keys first, in the signer's order, then those that only verify. A key id is
//          whatever the signer says.
// Errors   invalid: the answer as a whole, as it is in Kubernetes; the set in force stays.
// Limits   64 keys, as many as our own relying parties read; key ids 1024 bytes.
// Source   tokens.md 10, "Keys".
#pragma once

#include <cstddef>

#include "base/result.h"
#include "identity/key_set.h"
#include "jose/jwk.h"
#include "signer/remote_signer.h"

namespace signet::signer {

inline constexpr std::size_t remote_keys_max = jose::jwks_entries_max;

Result<identity::KeySetPtr> to_key_set(const RemoteKeys& answer);

}  // namespace signet::signer
