#include "access/audit_event.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "access/audit_redaction.h"
#include "base/cat.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "identity/token_review.h"
#include "net/address.h"

namespace signet::access {
namespace {

constexpr std::size_t source_ips_max = 32;

void append_text(std::string& out, std::string_view key, std::string_view value) {
  append(out, ",\"", key, "\":");
  codec::append_json_string(out, value, codec::Escape::html);
}

void append_object(std::string& out, const AuditObjectRef& object) {
  const std::pair<std::string_view, const std::string*> members[] = {
      {"resource", &object.resource},
      {"namespace", &object.ns},
      {"name", &object.name},
      {"uid", &object.uid},
      {"apiGroup", &object.api_group},
      {"apiVersion", &object.api_version},
      {"resourceVersion", &object.resource_version},
      {"subresource", &object.subresource}};
  std::string inner;
  for (const auto& [key, value] : members) {
    if (!value->empty()) append_text(inner, key, *value);
  }
  if (!inner.empty()) inner.front() = '{';
  append(out, R"(,"objectRef":)", inner.empty() ? "{" : inner, '}');
}

// As ParseIP and String of Go: what is no address is skipped, IPv6 is compressed.
std::optional<std::string> ip_address(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string given(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = given.contains(':') ? AF_INET6 : AF_INET;
  if (::inet_pton(family, given.c_str(), bytes.data()) != 1) return std::nullopt;
  if (::inet_ntop(family, bytes.data(), out.data(), out.size()) == nullptr) return std::nullopt;
  return std::string(out.data());
}

}  // namespace

std::string AuditEvent::line(AuditStage stage, Instant now) const {
  std::string out = R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":")";
  out.reserve(512 + uri.size() + user.size() + request_object.size() + response_object.size());
  append(out, to_string(decision.level), '"');
  append_text(out, "auditID", id);
  append(out, R"(,"stage":")", to_string(stage), '"');
  append_text(out, "requestURI", uri);
  append_text(out, "verb", verb);
  append(out, R"(,"user":)", user);
  if (!impersonated.empty()) append(out, R"(,"impersonatedUser":)", impersonated);
  if (!source_ips.empty()) append(out, R"(,"sourceIPs":)", source_ips);
  if (!user_agent.empty()) append_text(out, "userAgent", user_agent);
  if (is_resource) append_object(out, object);
  if (!status.empty()) {
    append(out, R"(,"responseStatus":)", status);
  } else if (code != 0) {
    append(out, R"(,"responseStatus":{"metadata":{},"code":)", code, '}');
  }
  if (!request_object.empty()) append(out, R"(,"requestObject":)", request_object);
  if (!response_object.empty()) append(out, R"(,"responseObject":)", response_object);
  append(out, R"(,"requestReceivedTimestamp":")", codec::to_rfc3339_micro(received),
         R"(","stageTimestamp":")",
         codec::to_rfc3339_micro(stage == AuditStage::request_received ? received : now), '"');
  if (!annotations.empty()) {
    out += R"(,"annotations":{)";
    bool first = true;
    for (const auto& [key, value] : annotations) {
      if (!first) out += ',';
      first = false;
      codec::append_json_string(out, key, codec::Escape::html);
      out += ':';
      codec::append_json_string(out, value, codec::Escape::html);
    }
    out += '}';
  }
  out = scrubbed(std::move(out += '}'));
  return out += '\n';
}

std::string user_json(const token::UserInfo* user) {
  if (user == nullptr) return "{}";
  std::string json;
  identity::append_user_json(json, *user);
  return json;
}

std::string source_ips_json(const net::Request& request) {
  std::vector<std::string> found;
  auto forwarded = request.header("x-forwarded-for");
  while (!forwarded.empty() && found.size() < source_ips_max) {
    const auto one = forwarded.substr(0, forwarded.find(','));
    forwarded.remove_prefix(std::min(one.size() + 1, forwarded.size()));
    if (auto address = ip_address(one)) found.push_back(*std::move(address));
  }
  if (auto real = ip_address(request.header("x-real-ip"));
      real && std::ranges::find(found, *real) == found.end()) {
    found.push_back(*std::move(real));
  }
  if (auto peer = ip_address(net::host_of(request.remote_address));
      peer && (found.empty() || found.back() != *peer)) {
    found.push_back(*std::move(peer));
  }
  if (found.empty()) return {};
  std::string json;
  for (const auto& address : found) append(json, json.empty() ? "[\"" : ",\"", address, '"');
  return json += ']';
}

std::string audited_user_agent(std::string_view user_agent) {
  constexpr std::size_t bytes_max = 1024;
  if (user_agent.size() <= bytes_max) return std::string(user_agent);
  return cat(user_agent.substr(0, bytes_max), "...TRUNCATED");
}

}  // namespace signet::access
