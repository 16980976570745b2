// Who somebody is, in the words of the Kubernetes API; and how a service account is named so.
//
//   service_account_username("demo", "web")    // system:serviceaccount:demo:web
//
// Source   authentication.k8s.io/v1 UserInfo; RFC 1123 names as Kubernetes checks them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::token {

using Extra = std::map<std::string, std::vector<std::string>, std::less<>>;

struct UserInfo {
  std::string username;
  std::string uid;  // empty when there is none
  std::vector<std::string> groups;
  Extra extra;

  friend bool operator==(const UserInfo&, const UserInfo&) = default;
};

inline constexpr std::string_view anonymous_username = "system:anonymous";
inline constexpr std::string_view authenticated_group = "system:authenticated";
inline constexpr std::string_view unauthenticated_group = "system:unauthenticated";

inline constexpr std::string_view pod_name_key = "authentication.kubernetes.io/pod-name";
inline constexpr std::string_view pod_uid_key = "authentication.kubernetes.io/pod-uid";
inline constexpr std::string_view node_name_key = "authentication.kubernetes.io/node-name";
inline constexpr std::string_view node_uid_key = "authentication.kubernetes.io/node-uid";
inline constexpr std::string_view credential_id_key = "authentication.kubernetes.io/credential-id";

struct ServiceAccountName {
  std::string_view ns;
  std::string_view name;

  friend bool operator==(const ServiceAccountName&, const ServiceAccountName&) = default;
};

std::string service_account_username(std::string_view ns, std::string_view name);
// Views into `username`. None unless it is exactly a prefix, a DNS-1123 label and a DNS-1123
// subdomain.
std::optional<ServiceAccountName> parse_service_account_username(std::string_view username);

// system:serviceaccounts, system:serviceaccounts:<ns>; in this order.
std::vector<std::string> service_account_groups(std::string_view ns);

}  // namespace signet::token
