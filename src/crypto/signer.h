// Makes JOSE signatures with one private key.
//
//   TRY(auto signer, Signer::create(key, Digest::sha256));
//   TRY(auto signature, signer.sign(signing_input));
//
// Shape    RSA: PKCS#1 v1.5, as long as the modulus. EC: r and s, each padded to the coordinate.
//          Everything that does not depend on the message is prepared once: a signature costs what
//          the bare arithmetic costs.
// Errors   internal: the library refused.
// Threads  one thread at a time; sign() below is safe from any.
// Source   RFC 7518 s3.3, s3.4.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/key.h"

namespace signet::crypto {

class Signer {
 public:
  static Result<Signer> create(const PrivateKey& key, Digest digest);
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;
  ~Signer();

  Result<std::string> sign(std::string_view message);

 private:
  struct Impl;
  explicit Signer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Signs with a Signer that this thread keeps; each thread keeps those of the last 4 keys, and with
// them the keys.
Result<std::string> sign(const PrivateKey& key, Digest digest, std::string_view message);

}  // namespace signet::crypto
