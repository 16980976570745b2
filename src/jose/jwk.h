// Verification keys as JSON Web Keys: writing our key set, reading somebody else's.
//
//   auto document = to_jwks(keys);                     // {"keys":[{"use":"sig",...}]}
//   TRY(auto keys, parse_jwks(body));
//
// Shape    members in the order Kubernetes writes them: RSA use,kty,kid,alg,n,e; EC
//          use,kty,kid,crv,alg,x,y. No white space, no trailing newline.
// Errors   invalid: the document as a whole cannot be used, and a previous one should be kept:
//          not {"keys":[...]}, too large, a private or symmetric member (`d`, `k`, ...), or two
//          keys with one `kid` for the same algorithm. A single key that is of no use to us
//          (unknown kty, use, alg, curve, weak or malformed numbers) is skipped and counted. One
//          that names no `alg` is for RS256, the ES of its curve, or EdDSA.
// Limits   128 KiB, 64 entries, 32 usable keys, `kid` 256 bytes.
// Source   RFC 7517 s4, s5; RFC 7518 s6; RFC 8037 s2.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/key.h"
#include "jose/algorithm.h"

namespace signet::jose {

inline constexpr std::size_t jwks_bytes_max = std::size_t{128} * 1024;
inline constexpr std::size_t jwks_entries_max = 64;
inline constexpr std::size_t jwks_keys_max = 32;
inline constexpr std::size_t kid_bytes_max = 256;

struct VerificationKey {
  std::string kid;  // may be empty in a foreign set
  Algorithm algorithm;
  crypto::PublicKey key;
};

// Our own rule for `kid`: base64url(SHA-256(SubjectPublicKeyInfo)), 43 characters.
std::string key_id(const crypto::PublicKey& key);

// `key` under its own kid and algorithm.
VerificationKey verification_key(const crypto::PublicKey& key);

std::string to_jwk(const VerificationKey& key);
std::string to_jwks(std::span<const VerificationKey> keys);

struct ParsedJwks {
  std::vector<VerificationKey> keys;
  std::size_t skipped = 0;
};
Result<ParsedJwks> parse_jwks(std::string_view document);

}  // namespace signet::jose
