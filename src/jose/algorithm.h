// The one table of signature algorithms: what each needs and how long its signature is.
//
// Shape    a key is used with one algorithm (RFC 8725 s3.1): the one that it is published for, else
//          the first of this table for its type. "none", HS* and everything else have no row and
//          therefore no code. New rows go to the end: files name algorithms by their place.
// Source   RFC 7518 s3.1, RFC 8037 s3.1; tokens of Kubernetes use the first four.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/key.h"
#include "crypto/signature_scheme.h"

namespace signet::jose {

enum class Algorithm : std::uint8_t {
  rs256,
  es256,
  es384,
  es512,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  eddsa,
};

struct AlgorithmRow {
  Algorithm algorithm;
  std::string_view name;  // as `alg` spells it
  crypto::KeyType key_type;
  std::string_view curve;  // as `crv` spells it; empty for RSA
  crypto::SignatureScheme scheme;
  std::size_t signature_bytes;  // 0: as long as the modulus
};

inline constexpr std::array<AlgorithmRow, 10> algorithm_table = [] {
  using crypto::Digest;
  using crypto::KeyType;
  constexpr auto pss = crypto::RsaPadding::pss;
  return std::array<AlgorithmRow, 10>{{
      {Algorithm::rs256, "RS256", KeyType::rsa, "", {Digest::sha256}, 0},
      {Algorithm::es256, "ES256", KeyType::p256, "P-256", {Digest::sha256}, 64},
      {Algorithm::es384, "ES384", KeyType::p384, "P-384", {Digest::sha384}, 96},
      {Algorithm::es512, "ES512", KeyType::p521, "P-521", {Digest::sha512}, 132},
      {Algorithm::rs384, "RS384", KeyType::rsa, "", {Digest::sha384}, 0},
      {Algorithm::rs512, "RS512", KeyType::rsa, "", {Digest::sha512}, 0},
      {Algorithm::ps256, "PS256", KeyType::rsa, "", {Digest::sha256, pss}, 0},
      {Algorithm::ps384, "PS384", KeyType::rsa, "", {Digest::sha384, pss}, 0},
      {Algorithm::ps512, "PS512", KeyType::rsa, "", {Digest::sha512, pss}, 0},
      {Algorithm::eddsa, "EdDSA", KeyType::ed25519, "Ed25519", {Digest::sha512}, 64},
  }};
}();

constexpr const AlgorithmRow& row(Algorithm algorithm) {
  return algorithm_table[static_cast<std::size_t>(algorithm)];
}
constexpr std::string_view to_string(Algorithm algorithm) {
  return row(algorithm).name;
}

constexpr const AlgorithmRow& row_of(crypto::KeyType type) {
  for (const auto& candidate : algorithm_table) {
    if (candidate.key_type == type) return candidate;
  }
  return algorithm_table[0];
}
constexpr Algorithm algorithm_of(crypto::KeyType type) {
  return row_of(type).algorithm;
}

// What a cluster signs its tokens with: one for each type of key, and no Ed25519.
constexpr bool is_kubernetes(Algorithm algorithm) {
  const auto type = row(algorithm).key_type;
  return type != crypto::KeyType::ed25519 && algorithm_of(type) == algorithm;
}

// Case-sensitive, as RFC 7515 s4.1.1 demands.
constexpr std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const auto& candidate : algorithm_table) {
    if (candidate.name == name) return candidate.algorithm;
  }
  return std::nullopt;
}

}  // namespace signet::jose
