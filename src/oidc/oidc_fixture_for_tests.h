// An issuer without a network, and its tokens. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "oidc/compile.h"
#include "oidc/key_keeper.h"

namespace signet::oidc::fixture {

inline constexpr std::string_view issuer_url = "https://issuer.example";

inline const crypto::PrivateKey& key(std::size_t which = 0) {
  static const std::vector<crypto::PrivateKey> keys{
      crypto::PrivateKey::generate(crypto::NewKey::p256).value(),
      crypto::PrivateKey::generate(crypto::NewKey::p256).value()};
  return keys[which];
}

inline std::string jwks(std::initializer_list<std::size_t> keys) {
  std::vector<jose::VerificationKey> published;
  for (const auto which : keys) {
    published.push_back(jose::verification_key(key(which).public_key()));
  }
  return jose::to_jwks(published);
}

// What is served where, and how often it was asked for.
struct Web {
  std::map<std::string, std::string, std::less<>> pages;
  std::vector<std::string> asked;

  explicit Web(std::string_view issuer = issuer_url) { publish(issuer, jwks({0})); }
  void publish(std::string_view issuer, std::string keys) {
    pages[cat(issuer, "/.well-known/openid-configuration")] =
        cat(R"({"issuer":")", issuer, R"(","jwks_uri":")", issuer, R"(/keys"})");
    pages[cat(issuer, "/keys")] = std::move(keys);
  }
  verify::Fetch fetch() {
    return [this](const std::string& url, std::size_t /*bytes_max*/) -> Result<std::string> {
      asked.push_back(url);
      const auto page = pages.find(url);
      if (page == pages.end()) return fail(ErrorKind::unavailable, "connection refused");
      return page->second;
    };
  }
};

inline std::string sign(std::string_view payload, std::size_t which = 0,
                        std::string_view kid = "") {
  const auto own = jose::verification_key(key(which).public_key());
  const auto header = jose::encode_header(own.algorithm, kid.empty() ? own.kid : kid);
  return jose::sign_compact(key(which), header, payload).value();
}

inline codec::JsonObject object(std::string_view json) {
  return codec::parse_json_strict(json, {}).value().as_object();
}

// An entry of `jwt` around the given members.
inline std::string entry(std::string_view mappings, std::string_view more = "",
                         std::string_view issuer_more = "") {
  return cat(R"({"issuer":{"url":")", issuer_url, R"(","audiences":["signet"])", issuer_more,
             R"(},"claimMappings":{)", mappings, '}', more, '}');
}
inline std::string configuration(std::string_view entries) {
  return cat(R"({"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration",)",
             R"("jwt":[)", entries, "]}");
}
inline constexpr std::string_view plain_username = R"("username":{"claim":"sub","prefix":""})";

// The refusal; empty for a good configuration.
inline std::string refusal(std::string_view text, std::vector<std::string> own_issuers = {}) {
  const auto parsed = parse_configuration(text);
  if (!parsed) return parsed.error().message;
  const auto compiled = compile(*parsed, own_issuers);
  return compiled ? "" : compiled.error().message;
}
inline std::shared_ptr<const CompiledAuthenticator> compiled(std::string_view jwt_entry) {
  const auto parsed = parse_configuration(configuration(jwt_entry));
  EXPECT_TRUE(parsed) << parsed.error().message;
  const auto out = compile(*parsed, {});
  EXPECT_TRUE(out) << out.error().message;
  return out->front();
}

}  // namespace signet::oidc::fixture
