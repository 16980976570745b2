#include "verify/key_fetch.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "jose/jwk.h"
#include "net/http_text.h"
#include "verify/cache_control.h"
#include "verify/discovery.h"
#include "verify/https_url.h"

namespace signet::verify {
namespace {

constexpr std::size_t ca_bytes_max = std::size_t{1024} * 1024;
constexpr std::size_t credentials_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t validator_bytes_max = 1024;
constexpr std::string_view white_space = " \t\r\n";

std::unexpected<KeyFailure> no_credentials(const Error& error) {
  return std::unexpected(
      KeyFailure{.reason = KeyFailureReason::credentials, .message = error.message});
}

// Attack 40: whatever a document says, a token goes to the operator's origin and nowhere else.
bool may_see_credentials(const IssuerSource& source, std::string_view url) {
  return !source.credentials_file.empty() &&
         host_and_port(source.credentials_origin) == host_and_port(url);
}

KeyFailureReason reason_of(net::FetchFault fault) {
  switch (fault) {
    case net::FetchFault::tls:
      return KeyFailureReason::tls;
    case net::FetchFault::address_refused:
      return KeyFailureReason::address;
    default:
      return KeyFailureReason::network;
  }
}

KeyFailure failure_of(const net::FetchError& error) {
  return {.reason = reason_of(error.fault),
          .message = error.message,
          .worth_a_retry = error.fault == net::FetchFault::reset,
          .doubts_document = error.fault == net::FetchFault::tls};
}

KeyFailure failure_of(const FetchOrder& order, int status) {
  return {.reason = KeyFailureReason::status,
          .message = cat(order.url, ": answered with status ", status),
          .worth_a_retry = status == 502 || status == 503 || status == 504,
          .doubts_document = status == 404 || status == 410};
}

KeyFailure failure_of(KeyFailureReason reason, const FetchOrder& order, std::string_view why) {
  return {.reason = reason, .message = cat(order.url, ": ", why)};
}

bool may_name(const IssuerSource& source, std::string_view jwks_uri) {
  const auto host = host_and_port(jwks_uri);
  if (host == host_and_port(document_url(source)) || host == host_and_port(source.issuer)) {
    return true;
  }
  return std::ranges::any_of(source.jwks_hosts, [&](const std::string& allowed) {
    return host == host_and_port(cat("https://", allowed));
  });
}

KeyOutcome judge_document(const FetchOrder& order, const net::ClientResponse& response) {
  if (response.status != 200) return failure_of(order, response.status);
  auto document = parse_discovery(response.body, order.source->issuer);
  if (!document) {
    return failure_of(KeyFailureReason::document, order, document.error().message);
  }
  if (!may_name(*order.source, document->jwks_uri)) {
    return failure_of(KeyFailureReason::document, order,
                      cat("names keys at ", host_and_port(document->jwks_uri),
                          ", which is not among jwks_hosts"));
  }
  return DocumentRead{.jwks_uri = std::move(document->jwks_uri),
                      .algorithms = std::move(document->algorithms)};
}

// A validator we could not send back as it came is none.
std::string validator(std::string_view value) {
  if (value.size() > validator_bytes_max || !net::is_field_value(value)) return {};
  return std::string(value);
}

std::vector<KeyRecord> to_records(const std::vector<jose::VerificationKey>& keys) {
  std::vector<KeyRecord> records;
  records.reserve(keys.size());
  for (const auto& key : keys) {
    records.push_back({.kid = key.kid, .algorithm = key.algorithm, .spki_der = key.key.spki_der()});
  }
  std::ranges::sort(records, {}, [](const KeyRecord& record) {
    return std::tie(record.kid, record.algorithm, record.spki_der);
  });
  return records;
}

KeyOutcome judge_keys(const FetchOrder& order, const net::ClientResponse& response) {
  const auto freshness = read_freshness(response.header("cache-control"), response.header("age"));
  const bool conditional = !order.etag.empty() || !order.last_modified.empty();
  if (response.status == 304 && conditional) return KeysUnchanged{.lifetime = freshness.lifetime};
  if (response.status != 200) return failure_of(order, response.status);
  auto parsed = jose::parse_jwks(response.body);
  if (!parsed) return failure_of(KeyFailureReason::keys, order, parsed.error().message);
  const auto all = parsed->keys.size();
  // OpenID Connect Discovery s3: the document can only narrow.
  std::erase_if(parsed->keys, [&](const jose::VerificationKey& key) {
    return std::ranges::find(order.algorithms, key.algorithm) == order.algorithms.end();
  });
  if (parsed->keys.empty()) {
    return failure_of(KeyFailureReason::keys, order, "holds no usable key");
  }
  return KeysRead{.records = to_records(parsed->keys),
                  .skipped = parsed->skipped + all - parsed->keys.size(),
                  .lifetime = freshness.lifetime,
                  .etag = validator(response.header("etag")),
                  .last_modified = validator(response.header("last-modified"))};
}

}  // namespace

std::string_view to_string(KeyFailureReason reason) {
  switch (reason) {
    case KeyFailureReason::network:
      return "network";
    case KeyFailureReason::tls:
      return "tls";
    case KeyFailureReason::address:
      return "address";
    case KeyFailureReason::status:
      return "status";
    case KeyFailureReason::document:
      return "document";
    case KeyFailureReason::keys:
      return "keys";
    case KeyFailureReason::credentials:
      return "credentials";
  }
  return "network";
}

Result<net::FetchRequest, KeyFailure> request_of(const FetchOrder& order) {
  const auto& source = *order.source;
  net::FetchRequest request;
  request.body_bytes_max =
      order.stage == FetchStage::document ? discovery_bytes_max : jose::jwks_bytes_max;
  auto& http = request.request;
  http.url = order.url;
  http.headers = {{"accept", "application/json, application/jwk-set+json"}};
  if (!order.etag.empty()) http.headers.emplace_back("if-none-match", order.etag);
  if (!order.last_modified.empty()) {
    http.headers.emplace_back("if-modified-since", order.last_modified);
  }
  request.trust = order.trust;
  if (!source.ca_file.empty()) {
    auto ca = read_file(source.ca_file, ca_bytes_max);
    if (!ca) return no_credentials(ca.error());
    // An empty file must not come to mean the system's CAs.
    if (trimmed(*ca, white_space).empty()) {
      return no_credentials({.message = source.ca_file + ": empty"});
    }
    request.trust = std::make_shared<const net::FetchTrust>(
        net::FetchTrust{.ca_pem = *std::move(ca), .spki_pin = source.spki_pin});
  }
  if (may_see_credentials(source, order.url)) {
    const auto token = read_file(source.credentials_file, credentials_bytes_max);
    if (!token) return no_credentials(token.error());
    http.headers.emplace_back("authorization", cat("Bearer ", trimmed(*token, white_space)));
  }
  auto rules =
      net::AddressRules::create({.allowed_cidrs = source.allowed_cidrs, .ports = source.ports});
  if (!rules) return no_credentials(rules.error());
  request.addresses = *std::move(rules);
  return request;
}

KeyOutcome judge(const FetchOrder& order, const net::FetchResult& result) {
  if (!result) return failure_of(result.error());
  return order.stage == FetchStage::document ? judge_document(order, *result)
                                             : judge_keys(order, *result);
}

Result<std::vector<KeyRecord>> records_of(std::string_view jwks) {
  TRY(const auto parsed, jose::parse_jwks(jwks));
  return to_records(parsed.keys);
}

}  // namespace signet::verify
