// The one table of signature algorithms: what each needs and how long its signature is.
//
// Shape    a key decides its algorithm (RFC 8725 s3.1), so both directions are total functions of
//          this table. "none", HS* and everything else have no row and therefore no code.
// Source   RFC 7518 s3.1; tokens of Kubernetes use exactly these four.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/key.h"

namespace signet::jose {

enum class Algorithm : std::uint8_t { rs256, es256, es384, es512 };

struct AlgorithmRow {
  Algorithm algorithm;
  std::string_view name;  // as `alg` spells it
  crypto::KeyType key_type;
  std::string_view curve;  // as `crv` spells it; empty for RSA
  crypto::Digest digest;
  std::size_t signature_bytes;  // 0: as long as the modulus
};

inline constexpr std::array<AlgorithmRow, 4> algorithm_table{{
    {Algorithm::rs256, "RS256", crypto::KeyType::rsa, "", crypto::Digest::sha256, 0},
    {Algorithm::es256, "ES256", crypto::KeyType::p256, "P-256", crypto::Digest::sha256, 64},
    {Algorithm::es384, "ES384", crypto::KeyType::p384, "P-384", crypto::Digest::sha384, 96},
    {Algorithm::es512, "ES512", crypto::KeyType::p521, "P-521", crypto::Digest::sha512, 132},
}};

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

// Case-sensitive, as RFC 7515 s4.1.1 demands.
constexpr std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const auto& candidate : algorithm_table) {
    if (candidate.name == name) return candidate.algorithm;
  }
  return std::nullopt;
}

}  // namespace signet::jose
