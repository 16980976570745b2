#include "identity/discovery_documents.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "codec/json.h"

namespace signet::identity {

std::optional<std::string> issuer_problem(std::string_view issuer) {
  constexpr std::string_view scheme = "https://";
  if (!issuer.starts_with(scheme) || issuer.size() == scheme.size()) {
    return cat("the issuer ", issuer, " is no https URL");
  }
  if (issuer.find_first_of("?#") != std::string_view::npos) {
    return cat("the issuer ", issuer, " has a query or a fragment");
  }
  return std::nullopt;
}

std::string render_configuration(std::string_view issuer, std::string_view jwks_uri,
                                 std::span<const jose::VerificationKey> keys) {
  std::vector<std::string_view> algorithms;
  for (const auto& key : keys) algorithms.push_back(jose::to_string(key.algorithm));
  std::ranges::sort(algorithms);
  const auto repeated = std::ranges::unique(algorithms);
  algorithms.erase(repeated.begin(), repeated.end());

  std::string json = R"({"issuer":)";
  codec::append_json_string(json, issuer, codec::Escape::html);
  json += R"(,"jwks_uri":)";
  codec::append_json_string(json, jwks_uri, codec::Escape::html);
  json += R"(,"response_types_supported":["id_token"],"subject_types_supported":["public"],)"
          R"("id_token_signing_alg_values_supported":[)";
  bool first = true;
  for (const auto algorithm : algorithms) {
    if (!std::exchange(first, false)) json += ',';
    codec::append_json_string(json, algorithm);
  }
  json += "]}";
  return json;
}

DiscoveryDocuments::DiscoveryDocuments(std::string issuer, std::string jwks_uri,
                                       const KeyRing& ring, const Clock& clock)
    : issuer_(std::move(issuer)), jwks_uri_(std::move(jwks_uri)), keys_(ring), clock_(clock) {
  refresh();
}

void DiscoveryDocuments::refresh() {
  const auto& keys = keys_.current();
  if (!jwks_.empty() && rendered_ == keys_.generation()) return;
  rendered_ = keys_.generation();
  configuration_ = render_configuration(issuer_, jwks_uri_, keys.published());
  jwks_ = jose::to_jwks(keys.published());
}

std::chrono::seconds DiscoveryDocuments::max_age() const {
  const auto change = keys_.next_change();
  if (!change) return key_set_max_age;
  const auto left = std::chrono::floor<std::chrono::seconds>(*change - clock_.now());
  return std::max(left, std::chrono::seconds{0});
}

net::Response DiscoveryDocuments::respond(std::string_view content_type,
                                          const std::string& body) const {
  return {.status = 200,
          .content_type = std::string(content_type),
          .headers = {{"cache-control", cat("public, max-age=", max_age().count())}},
          .body = body};
}

net::Response DiscoveryDocuments::configuration() {
  refresh();
  return respond(configuration_type, configuration_);
}

net::Response DiscoveryDocuments::jwks() {
  refresh();
  return respond(jwks_type, jwks_);
}

}  // namespace signet::identity
