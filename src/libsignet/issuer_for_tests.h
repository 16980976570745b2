// An issuer as tests of the public interface need one: a key, its set, and tokens of any content.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "token/claims.h"

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

// Good for "vault" from `now` on for an hour.
inline token::BoundClaims claims() {
  return {.audiences = {"vault", "other"},
          .expires_at = now + std::chrono::hours(1),
          .issued_at = now,
          .not_before = now,
          .issuer = url,
          .id = "id",
          .subject = "system:serviceaccount:demo:web",
          .ns = "demo",
          .service_account = {.name = "web", .uid = "sa-uid"},
          .pod = token::ObjectRef{.name = "web-0", .uid = "pod-uid"},
          .secret = std::nullopt,
          .node = std::nullopt,
          .warn_after = std::nullopt};
}

inline std::string sign(const token::BoundClaims& claims, const crypto::PrivateKey& by = key()) {
  const auto own = jose::verification_key(by.public_key());
  return jose::sign_compact(by, jose::encode_header(own.algorithm, own.kid), token::compose(claims))
      .value();
}

}  // namespace signet::testing_issuer
