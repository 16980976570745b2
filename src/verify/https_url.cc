#include "verify/https_url.h"

#include <algorithm>

#include "base/ascii.h"
#include "net/http_text.h"

namespace signet::verify {
namespace {

constexpr std::string_view scheme = "https://";

std::string_view authority_of(std::string_view url) {
  return url.substr(scheme.size(), url.find_first_of("/?", scheme.size()) - scheme.size());
}

}  // namespace

bool is_https_url(std::string_view url, Query query) {
  if (url.size() > url_bytes_max || !url.starts_with(scheme)) return false;
  if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c >= '\x7f' || c == '\\'; })) {
    return false;
  }
  if (url.contains('#') || (query == Query::refuse && url.contains('?'))) return false;
  const auto authority = authority_of(url);
  return !authority.empty() && !authority.starts_with(':') && !authority.contains('@');
}

std::string host_and_port(std::string_view url) {
  auto host = lower_case(authority_of(url));
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  if (!has_port) return host + ":443";
  if (colon + 1 == host.size()) return host + "443";
  return host;
}

}  // namespace signet::verify
