// Checks JOSE signatures against one public key.
//
//   if (!verify_signature(key, {.digest = Digest::sha256}, signing_input, signature)) refuse();
//
// Shape    as Signer makes them; any other length, DER, or r or s outside [1, n) is refused. Of
//          Ed25519, an S that is not reduced and an R of small order are.
// Threads  a SignatureVerifier serves one thread at a time; verify_signature() is safe from any.
// Source   RFC 7518 s3.3 to s3.5, RFC 8032 s5.1.7.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "crypto/key.h"
#include "crypto/signature_scheme.h"

namespace signet::crypto {

class SignatureVerifier {
 public:
  static Result<SignatureVerifier> create(const PublicKey& key, SignatureScheme scheme);
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
bool verify_signature(const PublicKey& key, SignatureScheme scheme, std::string_view message,
                      std::string_view signature);

}  // namespace signet::crypto
