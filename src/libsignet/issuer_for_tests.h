// An issuer as tests of the public interface need one: a key, its set, and tokens of any content.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "token/claims.h"
#include "token/claims_for_tests.h"

namespace signet::testing_issuer {

inline constexpr std::chrono::sys_seconds now{std::chrono::seconds(1700000000)};
inline constexpr const char* url = "https://k8s.example";

inline const crypto::PrivateKey& key() {
  static const auto made = crypto::PrivateKey::generate(crypto::NewKey::p256).value();
  return made;
}

inline std::string jwks() {
  const std::vector keys{jose::verification_key(key().public_key())};
  return jose::to_jwks(keys);
}

inline token::BoundClaims claims() {
  auto good = token::good_claims(url, now);
  good.audiences.emplace_back("other");
  return good;
}

inline std::string sign(const token::BoundClaims& claims, const crypto::PrivateKey& by = key()) {
  const auto own = jose::verification_key(by.public_key());
  return jose::sign_compact(by, jose::encode_header(own.algorithm, own.kid), token::compose(claims))
      .value();
}

}  // namespace signet::testing_issuer
