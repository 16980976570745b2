#include "token/user_info.h"

#include "base/cat.h"
#include "codec/dns_name.h"

namespace signet::token {

namespace {

constexpr std::string_view username_prefix = "system:serviceaccount:";
constexpr std::string_view group_of_all = "system:serviceaccounts";

}  // namespace

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
  if (!codec::is_dns_label(parsed.ns) || !codec::is_dns_subdomain(parsed.name)) return std::nullopt;
  return parsed;
}

std::vector<std::string> service_account_groups(std::string_view ns) {
  return {std::string(group_of_all), cat(group_of_all, ':', ns)};
}

}  // namespace signet::token
