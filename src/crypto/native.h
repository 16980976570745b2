// The crypto library's own objects, for this folder and for TLS.
//
// Shape    owning pointers and the immutable insides of keys and certificates.
#pragma once

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/release.h"
#include "crypto/digest.h"
#include "crypto/key.h"

namespace signet::crypto {

using PkeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, Release<BN_free>>;
using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;

struct NativeKey {
  PkeyPtr pkey;
  KeyType type;
  std::size_t signature_bytes;
  std::string spki;
  bool in_token = false;  // `pkey` is only a handle (pkcs11.h)
  std::uint64_t serial;   // never used twice in a process: names a key in per-thread caches
};

struct NativeCertificate {
  X509Ptr x509;
  std::string der;
};

std::uint64_t new_key_serial();

// What the library left in the thread's error queue would surface in somebody else's TLS code.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_pop_to_mark(); }
};

// Fetched once and kept for the life of the process.
const EVP_MD* fetched(Digest kind);

// Digest into `out` (64 bytes or more) through this thread's prepared context; returns its length.
std::size_t digest_into(Digest kind, std::string_view bytes, unsigned char* out);

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace signet::crypto
