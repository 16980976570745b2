#include "kinds/network_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/cat.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;
using Bytes = std::array<std::uint8_t, v6_size>;

// The bytes in network order; their number is 0 for what is no address.
std::size_t parse_ip(std::string_view text, Bytes& bytes) {
  if (text.contains('\0')) return 0;
  const std::string terminated(text);
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return v4_size;
  return ::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1 ? v6_size : 0;
}

// An IPv4 address that is written as IPv6 is the IPv4 address.
std::span<const std::uint8_t> unmapped(const Bytes& bytes, std::size_t size) {
  constexpr Bytes prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::size_t prefix_size = v6_size - v4_size;
  const std::span all(bytes.data(), size);
  const bool mapped =
      size == v6_size && std::equal(all.begin(), all.begin() + prefix_size, prefix.begin());
  return mapped ? all.subspan(prefix_size) : all;
}

struct Special {
  bool unspecified = false;
  bool loopback = false;
  bool link_local = false;
  bool link_local_multicast = false;
};

Special classify(std::span<const std::uint8_t> ip) {
  const bool zero_but_last =
      std::ranges::all_of(ip.first(ip.size() - 1), [](std::uint8_t byte) { return byte == 0; });
  Special out{.unspecified = zero_but_last && ip.back() == 0};
  if (ip.size() == v4_size) {
    out.loopback = ip[0] == 127;
    out.link_local = ip[0] == 169 && ip[1] == 254;
    out.link_local_multicast = ip[0] == 224 && ip[1] == 0 && ip[2] == 0;
  } else {
    out.loopback = zero_but_last && ip.back() == 1;
    out.link_local = ip[0] == 0xfe && (ip[1] & 0xc0U) == 0x80;
    out.link_local_multicast = ip[0] == 0xff && (ip[1] & 0x0fU) == 0x02;
  }
  return out;
}

}  // namespace

bool is_ip_v4(std::string_view text) {
  Bytes bytes{};
  return parse_ip(text, bytes) == v4_size;
}

bool is_ip_v6(std::string_view text) {
  Bytes bytes{};
  return parse_ip(text, bytes) == v6_size;
}

void validate_ip(std::string_view text, const std::string& path, FieldErrors& errors) {
  if (is_ip_v4(text) || is_ip_v6(text)) return;
  errors.invalid(path, quoted(text),
                 "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

void validate_remote_ip(std::string_view text, const std::string& path, FieldErrors& errors) {
  Bytes bytes{};
  const auto size = parse_ip(text, bytes);
  if (size == 0) return validate_ip(text, path, errors);
  const auto special = classify(unmapped(bytes, size));
  if (special.unspecified) {
    errors.invalid(path, quoted(text), cat("may not be unspecified (", text, ")"));
  }
  if (special.loopback) {
    errors.invalid(path, quoted(text), "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (special.link_local) {
    errors.invalid(path, quoted(text),
                   "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (special.link_local_multicast) {
    errors.invalid(path, quoted(text),
                   "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

void validate_port(const Json& holder, std::string_view key, const std::string& where,
                   FieldErrors& errors) {
  constexpr std::int64_t port_max = 65535;
  const auto number = codec::int_at(holder, key).value_or(0);
  if (number >= 1 && number <= port_max) return;
  errors.invalid(cat(where, '.', key), cat(number), "must be between 1 and 65535, inclusive");
}

void validate_port_name(std::string_view name, const std::string& path, FieldErrors& errors) {
  constexpr std::size_t name_max = 15;
  if (name.size() > name_max) {
    errors.invalid(path, quoted(name), "must be no more than 15 characters");
  }
  const bool in_alphabet = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!in_alphabet) {
    errors.invalid(path, quoted(name),
                   "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; })) {
    errors.invalid(path, quoted(name), "must contain at least one letter (a-z)");
  }
  if (name.contains("--")) {
    errors.invalid(path, quoted(name), "must not contain consecutive hyphens");
  }
  if (name.starts_with('-') || name.ends_with('-')) {
    errors.invalid(path, quoted(name), "must not begin or end with a hyphen");
  }
}

void validate_port_reference(const Json& holder, std::string_view key, const std::string& where,
                             FieldErrors& errors) {
  const auto* target = codec::find(holder, key);
  const auto* name = target == nullptr ? nullptr : target->if_string();
  if (name == nullptr) return validate_port(holder, key, where, errors);
  validate_port_name(*name, cat(where, '.', key), errors);
}

void validate_one_of(const Json& holder, std::string_view key, const std::string& where,
                     const std::vector<std::string_view>& supported, bool optional,
                     FieldErrors& errors) {
  const auto value = codec::string_at(holder, key);
  const auto path = cat(where, '.', key);
  if (value.empty()) {
    if (!optional) errors.required(path);
    return;
  }
  if (std::ranges::find(supported, value) == supported.end()) {
    errors.unsupported(path, quoted(value), supported);
  }
}

void validate_named_port(const Json& port, const std::string& where, bool name_required,
                         FieldErrors& errors) {
  const auto name = codec::string_at(port, "name");
  if (!name.empty()) {
    machinery::validate_name(machinery::NameRule::dns_label, name, cat(where, ".name"), errors);
  } else if (name_required) {
    errors.required(cat(where, ".name"));
  }
  validate_port(port, "port", where, errors);
  validate_one_of(port, "protocol", where, {"SCTP", "TCP", "UDP"}, false, errors);
  const auto application = codec::string_at(port, "appProtocol");
  if (application.empty()) return;
  for (const auto& message : machinery::qualified_name_messages(application)) {
    errors.invalid(cat(where, ".appProtocol"), quoted(application), message);
  }
}

}  // namespace signet::kinds
