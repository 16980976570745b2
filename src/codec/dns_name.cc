#include "codec/dns_name.h"

#include <algorithm>

#include "base/ascii.h"

namespace signet::codec {

bool has_dns_label_form(std::string_view text) {
  return !text.empty() && is_lower_alphanumeric(text.front()) &&
         is_lower_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_alphanumeric(c) || c == '-'; });
}

bool has_dns_subdomain_form(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!has_dns_label_form(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_dns_label(std::string_view text) {
  return text.size() <= dns_label_max && has_dns_label_form(text);
}

bool is_dns_subdomain(std::string_view text) {
  return text.size() <= dns_subdomain_max && has_dns_subdomain_form(text);
}

}  // namespace signet::codec
