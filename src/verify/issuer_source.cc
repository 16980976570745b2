#include "verify/issuer_source.h"

#include <algorithm>

#include "base/cat.h"
#include "base/try.h"
#include "jose/jwk.h"
#include "verify/discovery.h"
#include "verify/https_url.h"

namespace signet::verify {
namespace {

using std::chrono::seconds;

constexpr std::size_t hosts_max = 16;
constexpr std::size_t refused_kids_max = 256;
constexpr std::string_view scheme = "https://";

std::unexpected<Error> wrong(std::string_view field, std::string_view why) {
  return fail(ErrorKind::invalid, cat(field, ": ", why));
}

Result<void> check_range(std::string_view field, seconds value, seconds least, seconds most) {
  if (value >= least && value <= most) return {};
  return wrong(field, cat("must be ", least.count(), " s to ", most.count(), " s"));
}

Result<void> check_urls(const IssuerSource& source) {
  if (source.issuer.empty() || source.issuer.size() > url_bytes_max) {
    return wrong("issuer", "must be 1 to 2048 bytes");
  }
  if (!source.discovery_url.empty() && !is_https_url(source.discovery_url, Query::allow)) {
    return wrong("discovery_url", "must be an https URL");
  }
  if (!source.jwks_uri.empty() && !is_https_url(source.jwks_uri, Query::allow)) {
    return wrong("jwks_uri", "must be an https URL");
  }
  const bool by_document = source.jwks_uri.empty() && source.jwks.empty();
  // OpenID Connect Discovery s4: the document is found by the issuer's name.
  if (by_document && !is_https_url(source.issuer, Query::refuse)) {
    return wrong("issuer", "must be an https URL without user, query and fragment");
  }
  if (!source.jwks.empty()) {
    TRY(const auto parsed, jose::parse_jwks(source.jwks));
    if (parsed.keys.empty()) return wrong("jwks", "holds no usable key");
  }
  if (source.jwks_hosts.size() > hosts_max) return wrong("jwks_hosts", "more than 16");
  for (const auto& host : source.jwks_hosts) {
    if (!is_https_url(cat(scheme, host), Query::refuse) || host.contains('/')) {
      return wrong("jwks_hosts", "must be host or host:port");
    }
  }
  return {};
}

Result<void> check_credentials(const IssuerSource& source) {
  if (source.credentials_file.empty() != source.credentials_origin.empty()) {
    return wrong("credentials_file", "needs credentials_origin, and the reverse");
  }
  if (source.credentials_origin.empty()) return {};
  const auto rest = std::string_view(source.credentials_origin);
  if (!is_https_url(rest, Query::refuse) || rest.substr(scheme.size()).contains('/')) {
    return wrong("credentials_origin", "must be https://host or https://host:port");
  }
  return {};
}

Result<void> check_pins(std::string_view pins) {
  constexpr std::string_view prefix = "sha256//";
  constexpr std::size_t pin_bytes = 52;  // the prefix and 32 bytes in base64
  while (!pins.empty()) {
    const auto pin = pins.substr(0, pins.find(';'));
    if (!pin.starts_with(prefix) || pin.size() != pin_bytes || !pin.ends_with('=')) {
      return wrong("spki_pin", "must be sha256// and 32 bytes in base64");
    }
    pins.remove_prefix(std::min(pins.size(), pin.size() + 1));
  }
  return {};
}

}  // namespace

Result<void> check(const IssuerSource& source) {
  TRY_VOID(check_urls(source));
  TRY_VOID(check_credentials(source));
  TRY_VOID(check_pins(source.spki_pin));
  if (!source.ca_file.empty() && !source.ca_pem.empty()) {
    return wrong("ca_file", "excludes ca_pem");
  }
  TRY_VOID(
      net::AddressRules::create({.allowed_cidrs = source.allowed_cidrs, .ports = source.ports}));
  TRY_VOID(check_range("soft_ttl_max", source.soft_ttl_max, seconds{60}, std::chrono::hours{24}));
  TRY_VOID(check_range("soft_ttl", source.soft_ttl, seconds{60}, source.soft_ttl_max));
  TRY_VOID(check_range("hard_ttl", source.hard_ttl, seconds{0}, std::chrono::days{7}));
  TRY_VOID(check_range("kid_miss_interval", source.kid_miss_interval, seconds{10},
                       std::chrono::minutes{10}));
  if (source.refused_kids.size() > refused_kids_max) return wrong("refused_kids", "more than 256");
  return {};
}

std::string document_url(const IssuerSource& source) {
  if (!source.discovery_url.empty()) return source.discovery_url;
  if (!source.rfc8414) return discovery_url(source.issuer).value_or(std::string());
  // RFC 8414 s3.1: between host and path, without a slash at the end.
  std::string_view path = source.issuer;
  const auto slash = path.find('/', scheme.size());
  const auto host = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  if (path.ends_with('/')) path.remove_suffix(1);
  return cat(host, "/.well-known/oauth-authorization-server", path);
}

}  // namespace signet::verify
