// Names of RFC 1123, in the form that Kubernetes gives to namespaces and most objects.
//
//   is_dns_label("my-name");        // true
//   is_dns_subdomain("a-1.b");      // true
//
// Limits   63 bytes a label, 253 a subdomain; a label inside a subdomain has no limit of its own,
//          as in Kubernetes.
// Source   RFC 1123 s2.1, lower case only.
#pragma once

#include <cstddef>
#include <string_view>

namespace signet::codec {

inline constexpr std::size_t dns_label_max = 63;
inline constexpr std::size_t dns_subdomain_max = 253;

// [a-z0-9]([-a-z0-9]*[a-z0-9])?, of any length.
bool has_dns_label_form(std::string_view text);
// Such labels with dots between them, of any length.
bool has_dns_subdomain_form(std::string_view text);

bool is_dns_label(std::string_view text);
bool is_dns_subdomain(std::string_view text);

}  // namespace signet::codec
