#include "token/user_info.h"

#include <algorithm>

#include "base/cat.h"

namespace signet::token {

namespace {

constexpr std::string_view username_prefix = "system:serviceaccount:";
constexpr std::string_view group_of_all = "system:serviceaccounts";
constexpr std::size_t label_bytes_max = 63;
constexpr std::size_t subdomain_bytes_max = 253;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// A label without its length limit, which subdomains do not have (as in Kubernetes).
bool is_label_text(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

bool is_dns1123_label(std::string_view text) {
  return text.size() <= label_bytes_max && is_label_text(text);
}

bool is_dns1123_subdomain(std::string_view text) {
  if (text.size() > subdomain_bytes_max) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label_text(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string service_account_username(std::string_view ns, std::string_view name) {
  return cat(username_prefix, ns, ':', name);
}

std::optional<ServiceAccountName> parse_service_account_username(std::string_view username) {
  if (!username.starts_with(username_prefix)) return std::nullopt;
  username.remove_prefix(username_prefix.size());
  const auto colon = username.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const ServiceAccountName parsed{.ns = username.substr(0, colon),
                                  .name = username.substr(colon + 1)};
  if (!is_dns1123_label(parsed.ns) || !is_dns1123_subdomain(parsed.name)) return std::nullopt;
  return parsed;
}

std::vector<std::string> service_account_groups(std::string_view ns) {
  return {std::string(group_of_all), cat(group_of_all, ':', ns)};
}

}  // namespace signet::token
