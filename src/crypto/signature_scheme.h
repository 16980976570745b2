// How a key makes a signature: which digest, and for RSA which padding.
//
// Shape    Ed25519 digests by itself and looks at neither.
// Source   RFC 7518 s3.3 to s3.5, RFC 8037 s3.1.
#pragma once

#include <cstdint>

#include "crypto/digest.h"

namespace signet::crypto {

enum class RsaPadding : std::uint8_t {
  pkcs1,  // PKCS#1 v1.5
  pss,    // with a salt as long as the digest, and MGF1 with the same digest: nothing else passes
};

struct SignatureScheme {
  Digest digest = Digest::sha256;
  RsaPadding padding = RsaPadding::pkcs1;

  friend bool operator==(const SignatureScheme&, const SignatureScheme&) = default;
};

}  // namespace signet::crypto
