// The two documents by which anybody can check tokens offline: OpenID discovery and the JWKS.
//
// Shape    rendered on key change, served as bytes; no final newline. May be kept for an hour, or,
//          where an external signer has the keys, until it is asked for them again.
// Source   OpenID Connect Discovery 1.0 s3, RFC 7517; tokens.md 8.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "identity/key_ring.h"
#include "net/http.h"

namespace signet::identity {

inline constexpr std::string_view configuration_path = "/.well-known/openid-configuration";
inline constexpr std::string_view jwks_path = "/openid/v1/jwks";
inline constexpr std::string_view configuration_type = "application/json";
inline constexpr std::string_view jwks_type = "application/jwk-set+json";
// How long a relying party may keep the documents without asking again.
inline constexpr std::chrono::seconds key_set_max_age{3600};

// Why these documents cannot be offered under this issuer; nothing when they can: an https URL
// without query or fragment.
std::optional<std::string> issuer_problem(std::string_view issuer);

std::string render_configuration(std::string_view issuer, std::string_view jwks_uri,
                                 std::span<const jose::VerificationKey> keys);

// Answers GETs of the two paths on one loop.
class DiscoveryDocuments {
 public:
  DiscoveryDocuments(std::string issuer, std::string jwks_uri, const KeyRing& ring,
                     const Clock& clock);

  net::Response configuration();
  net::Response jwks();

 private:
  void refresh();
  std::chrono::seconds max_age() const;
  net::Response respond(std::string_view content_type, const std::string& body) const;

  std::string issuer_;
  std::string jwks_uri_;
  KeyRing::Reader keys_;
  const Clock& clock_;
  std::uint64_t rendered_ = 0;
  std::string configuration_;
  std::string jwks_;
};

}  // namespace signet::identity
