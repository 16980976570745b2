#include "verify/discovery.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "verify/https_url.h"

namespace signet::verify {

namespace {

constexpr std::string_view well_known = "/.well-known/openid-configuration";

Result<std::vector<jose::Algorithm>> read_algorithms(const codec::Json& document) {
  const auto* names = codec::find(document, "id_token_signing_alg_values_supported");
  std::vector<jose::Algorithm> known;
  if (names == nullptr) {
    for (const auto& candidate : jose::algorithm_table) known.push_back(candidate.algorithm);
    return known;
  }
  if (!names->is_array()) return fail(ErrorKind::invalid, "discovery: algorithms are no list");
  for (const auto& name : names->get_array()) {
    if (!name.is_string()) return fail(ErrorKind::invalid, "discovery: an algorithm is no string");
    const auto algorithm =
        jose::algorithm_named({name.get_string().data(), name.get_string().size()});
    if (algorithm && std::ranges::count(known, *algorithm) == 0) known.push_back(*algorithm);
  }
  if (known.empty()) return fail(ErrorKind::invalid, "discovery: no algorithm we know");
  return known;
}

}  // namespace

Result<std::string> discovery_url(std::string_view issuer) {
  if (!is_https_url(issuer, Query::refuse)) {
    return fail(ErrorKind::invalid,
                "issuer: must be an https URL without user, query and fragment");
  }
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + std::string(well_known);
}

Result<Discovery> parse_discovery(std::string_view document, std::string_view issuer) {
  TRY(const auto json,
      codec::parse_json_strict(document, {.bytes_max = discovery_bytes_max, .depth_max = 16}));
  if (!json.is_object()) return fail(ErrorKind::invalid, "discovery: not a JSON object");
  const auto named = codec::string_at(json, "issuer");
  if (issuer.empty() || named != issuer) {
    return fail(ErrorKind::invalid, cat("discovery: the document is about issuer \"",
                                        excerpt(named, 256), "\", not \"", issuer, '"'));
  }
  const auto jwks_uri = codec::string_at(json, "jwks_uri");
  if (!is_https_url(jwks_uri, Query::allow)) {
    return fail(ErrorKind::invalid, "discovery: jwks_uri must be an absolute https URL");
  }
  TRY(auto algorithms, read_algorithms(json));
  return Discovery{.issuer = std::string(issuer),
                   .jwks_uri = std::string(jwks_uri),
                   .algorithms = std::move(algorithms)};
}

Result<LoadedKeys> load_keys(std::string_view issuer, const Fetch& fetch) {
  TRY(const auto url, discovery_url(issuer));
  TRY(const auto document, fetch(url, discovery_bytes_max));
  TRY(auto discovery, parse_discovery(document, issuer));
  TRY(const auto body, fetch(discovery.jwks_uri, jose::jwks_bytes_max));
  TRY(auto jwks, jose::parse_jwks(body));
  if (jwks.keys.empty()) return fail(ErrorKind::invalid, "JWKS: holds no key we can use");
  return LoadedKeys{.discovery = std::move(discovery), .jwks = std::move(jwks)};
}

}  // namespace signet::verify
