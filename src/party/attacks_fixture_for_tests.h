// Tokens as no issuer makes them, for tests that are named after attacks. Only for this folder's
// tests.
#pragma once

#include <string>
#include <string_view>

#include "base/cat.h"
#include "codec/base64.h"
#include "party/party_fixture_for_tests.h"

namespace signet::party::fixture {

inline std::string kid_of(const crypto::PrivateKey& key) {
  return jose::key_id(key.public_key());
}

// The header of a token of `key`; `more` begins with a comma.
inline std::string header_of(const crypto::PrivateKey& key, std::string_view more = {}) {
  const auto own = jose::verification_key(key.public_key());
  return cat(R"({"alg":")", to_string(own.algorithm), R"(","kid":")", own.kid, '"', more, '}');
}

inline std::string signed_with(std::string_view header, std::string_view payload,
                               const crypto::PrivateKey& key = p256()) {
  return jose::sign_compact(key, codec::base64url_encode(header), payload).value();
}

inline std::string joined(std::string_view header, std::string_view payload,
                          std::string_view signature) {
  return cat(codec::base64url_encode(header), '.', codec::base64url_encode(payload), '.',
             codec::base64url_encode(signature));
}

inline std::string signature_of(std::string_view token) {
  return codec::base64url_decode(token.substr(token.rfind('.') + 1)).value();
}
// The token with another signature.
inline std::string with_signature(std::string_view token, std::string_view signature) {
  return cat(token.substr(0, token.rfind('.') + 1), codec::base64url_encode(signature));
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class AttackTest : public PartyTest {
 protected:
  std::string payload() const { return token::compose(claims()); }
};

}  // namespace signet::party::fixture
