// Keys that tokens are signed with: RSA, EC on P-256, P-384 and P-521, and, only to verify what
// others signed, Ed25519.
//
//   TRY(auto key, PrivateKey::parse_pem(file));
//   auto id = sha256(key.public_key().spki_der());
//
// Shape    values; a copy shares the immutable key underneath.
// Units    numbers are big-endian bytes: RSA ones minimal, EC coordinates padded to the field.
// Errors   invalid: not a key, of another kind, too weak to use, or halves of different keys.
// Limits   RSA 2048 to 8192 bits, exponent odd and below 2^32; points must lie on their curve.
// Threads  immutable: safe from any thread.
// Source   RFC 8017 A.1, RFC 5915, RFC 5958, RFC 5280 s4.1 (SubjectPublicKeyInfo), RFC 8410 s4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace signet::crypto {

enum class KeyType : std::uint8_t { rsa, p256, p384, p521, ed25519 };

// Bytes of one coordinate (32, 48, 66, 32); 0 for RSA.
constexpr std::size_t coordinate_bytes(KeyType type) {
  switch (type) {
    case KeyType::rsa:
      return 0;
    case KeyType::p256:
      return 32;
    case KeyType::p384:
      return 48;
    case KeyType::p521:
      return 66;
    case KeyType::ed25519:
      return 32;
  }
  return 0;
}

// What can be generated.
enum class NewKey : std::uint8_t { rsa2048, rsa3072, rsa4096, p256, p384, p521 };

struct NativeKey;  // crypto/native.h, for this folder and for TLS

struct RsaNumbers {
  std::string n;
  std::string e;
};
struct EcPoint {
  std::string x;
  std::string y;
};

class PublicKey {
 public:
  static Result<PublicKey> from_spki(std::string_view der);
  // As a JWK gives them: a leading zero byte, an even or weak modulus (weak_rsa.h) or a short
  // coordinate is an error.
  static Result<PublicKey> from_rsa(std::string_view n, std::string_view e);
  static Result<PublicKey> from_ec(KeyType curve, std::string_view x, std::string_view y);
  // 32 bytes, RFC 8032 s5.1.2; a point of small order or one that is not reduced is an error.
  static Result<PublicKey> from_ed25519(std::string_view x);

  KeyType type() const;
  // RFC 8017 modulus length, or twice the coordinate: what a JOSE signature by this key measures.
  std::size_t signature_bytes() const;
  const std::string& spki_der() const;
  std::string to_pem() const;
  // Empty numbers for a key of the other family.
  RsaNumbers rsa_numbers() const;
  EcPoint ec_point() const;

  const std::shared_ptr<const NativeKey>& native() const { return native_; }

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.spki_der() == b.spki_der();
  }

 private:
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<const NativeKey> native) : native_(std::move(native)) {}

  std::shared_ptr<const NativeKey> native_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> generate(NewKey kind);
  // The first block that parses among RSA PRIVATE KEY, EC PRIVATE KEY and PRIVATE KEY; other blocks
  // are skipped. Encrypted keys are not read.
  static Result<PrivateKey> parse_pem(std::string_view pem);

  KeyType type() const;
  const PublicKey& public_key() const { return public_; }
  // PKCS#8, unencrypted. Empty for a key that cannot leave its token.
  Secret to_pem() const;

  const std::shared_ptr<const NativeKey>& native() const { return native_; }

 private:
  friend class Pkcs11Module;
  PrivateKey(std::shared_ptr<const NativeKey> native, PublicKey public_key)
      : native_(std::move(native)), public_(std::move(public_key)) {}

  std::shared_ptr<const NativeKey> native_;
  PublicKey public_;
};

// Keys that could verify tokens of ours, RSA and EC, in the order of a file: public keys
// (SubjectPublicKeyInfo, PKCS#1), certificates and the public halves of private keys (PKCS#1,
// PKCS#8, SEC 1), each block judged by its content whatever its label says. Blocks that hold no
// usable key are skipped; none at all is an error. kube-apiserver does not read EC keys in PKCS#8
// nor RSA public keys in PKCS#1 here.
Result<std::vector<PublicKey>> parse_public_keys(std::string_view pem);

}  // namespace signet::crypto
