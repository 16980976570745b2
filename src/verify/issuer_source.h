// An issuer that an operator trusts, and where its keys come from.
//
//   TRY_VOID(check({.issuer = "https://k8s.example", .ca_file = "/etc/k8s/ca.crt"}));
//
// Shape    keys by discovery, or from `jwks_uri`, or fixed (`jwks`). Nothing here is ever taken
//          from a token.
// Errors   invalid, naming the field.
// Limits   URLs 2,048 bytes; 16 extra hosts; TTLs as noted.
// Source   verify.md A.6, A.12 (17 to 21, 40, 45), B.15.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address_rules.h"

namespace signet::verify {

struct IssuerSource {
  std::string issuer;         // `iss`, byte for byte
  std::string discovery_url;  // a mirror of the document; empty: as the issuer says
  std::string jwks_uri;       // asks for the keys there and for no document
  // A JWK set that never changes (the text of a file, pinned keys); then nothing is fetched.
  std::string jwks;

  // Hosts besides the issuer's and the discovery URL's that a document's jwks_uri may name:
  // "host", or "host:port" for a port other than 443.
  std::vector<std::string> jwks_hosts;

  // Read again for each fetch, so that a rotated CA or token counts without a restart.
  std::string ca_file;
  std::string ca_pem;    // instead of a file; both empty: the system's
  std::string spki_pin;  // as net::FetchTrust
  // Sent as a bearer token to `credentials_origin` alone ("https://host" or "https://host:port"),
  // whatever a document names. Both or none.
  std::string credentials_file;
  std::string credentials_origin;
  std::vector<std::string> allowed_cidrs;  // private ranges this issuer may be in
  std::vector<std::uint16_t> ports = {443, 6443};

  // How long a set counts as fresh where the server does not say; 60 s to soft_ttl_max.
  std::chrono::seconds soft_ttl{600};
  // The longest that the server's max-age is believed; 60 s to 24 h.
  std::chrono::seconds soft_ttl_max{900};
  // How long a set is used while it cannot be fetched anew; 0 s to 7 days.
  std::chrono::seconds hard_ttl = std::chrono::hours{6};
  // How often an unknown key may cause a fetch; 10 s to 10 min.
  std::chrono::seconds kid_miss_interval{30};

  // An operator's word against keys of this issuer: not used from the moment this is configured.
  std::vector<std::string> refused_kids;
  // Refuse a key whose kid is not the hash of the key, as kube-apiserver names them.
  bool verify_kid_hash = false;
  // The address under RFC 8414 (suffix between host and path) instead of OpenID's.
  bool rfc8414 = false;

  friend bool operator==(const IssuerSource&, const IssuerSource&) = default;
};

Result<void> check(const IssuerSource& source);

// Where the discovery document is. The source must have passed check().
std::string document_url(const IssuerSource& source);

}  // namespace signet::verify
