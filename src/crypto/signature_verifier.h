// Checks JOSE signatures against one public key.
//
//   if (!verify_signature(key, Digest::sha256, signing_input, signature)) refuse();
//
// Shape    as Signer makes them; any other length, DER, or r or s outside [1, n) is refused.
// Threads  a SignatureVerifier serves one thread at a time; verify_signature() is safe from any.
// Source   RFC 7518 s3.3, s3.4.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/key.h"

namespace signet::crypto {

class SignatureVerifier {
 public:
  static Result<SignatureVerifier> create(const PublicKey& key, Digest digest);
  SignatureVerifier(SignatureVerifier&&) noexcept;
  SignatureVerifier& operator=(SignatureVerifier&&) noexcept;
  ~SignatureVerifier();

  bool verify(std::string_view message, std::string_view signature);

 private:
  struct Impl;
  explicit SignatureVerifier(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Verifies with a SignatureVerifier that this thread keeps, and its key with it: at most 1024 a
// thread; a new key may displace one.
bool verify_signature(const PublicKey& key, Digest digest, std::string_view message,
                      std::string_view signature);

}  // namespace signet::crypto
