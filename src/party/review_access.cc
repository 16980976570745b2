#include "party/review_access.h"

#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "net/address.h"
#include "net/kubeconfig.h"
#include "party/token_review.h"
#include "verify/https_url.h"

namespace signet::party {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1024} * 1024;
constexpr std::size_t token_bytes_max = std::size_t{64} * 1024;

void strip_final(std::string& text, std::string_view characters) {
  while (!text.empty() && characters.contains(text.back())) text.pop_back();
}

// Any address at the server's port: the operator named it, and nothing else ever does.
Result<net::AddressRules> rules_for(const std::string& server) {
  TRY(const auto place, net::parse_host_port(verify::host_and_port(server)));
  return net::AddressRules::create({.allowed_cidrs = {"0.0.0.0/0", "::/0"}, .ports = {place.port}});
}

Result<ReviewAccess> finished(ReviewAccess access, net::FetchTrust trust) {
  strip_final(access.server, "/");
  if (!verify::is_https_url(access.server, verify::Query::refuse)) {
    return fail(ErrorKind::invalid, "the review server must be an https URL");
  }
  TRY(access.addresses, rules_for(access.server));
  access.trust = std::make_shared<const net::FetchTrust>(std::move(trust));
  return access;
}

}  // namespace

Result<ReviewAccess> read_access(const ReviewSource& source) {
  if (!source.kubeconfig.empty()) {
    TRY(auto found, net::load_kubeconfig(source.kubeconfig));
    return finished({.server = std::move(found.server), .token = std::move(found.token)},
                    {.ca_pem = std::move(found.client.ca_pem),
                     .certificate_pem = std::move(found.client.certificate_pem),
                     .key_pem = std::move(found.client.key_pem)});
  }
  ReviewAccess access{.server = source.server};
  TRY(access.token, read_file(source.token_file, token_bytes_max));
  strip_final(access.token, " \t\r\n");
  if (access.token.empty()) {
    return fail(ErrorKind::invalid, cat(source.token_file, ": there is no token in it"));
  }
  net::FetchTrust trust;
  if (!source.ca_file.empty()) {
    TRY(trust.ca_pem, read_file(source.ca_file, file_bytes_max));
    // An empty file must not come to mean the system's CAs.
    if (trust.ca_pem.empty()) return fail(ErrorKind::invalid, cat(source.ca_file, ": empty"));
  }
  return finished(std::move(access), std::move(trust));
}

net::FetchRequest review_request(const ReviewAccess& access, std::string body,
                                 std::chrono::milliseconds timeout) {
  net::FetchRequest request{
      .request = {.method = "POST",
                  .url = cat(access.server, review_path),
                  .headers = {{"content-type", "application/json"}, {"accept", "application/json"}},
                  .body = std::move(body)},
      .trust = access.trust,
      .addresses = access.addresses,
      .timeout = timeout,
      .body_bytes_max = review_bytes_max};
  request.connect_timeout = std::min(request.connect_timeout, timeout);
  if (!access.token.empty()) {
    request.request.headers.emplace_back("authorization", cat("Bearer ", access.token));
  }
  return request;
}

}  // namespace signet::party
