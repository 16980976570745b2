// HOST:PORT as text. An IPv6 HOST stands in brackets there, and without them everywhere else.
//
//   TRY(const auto place, parse_host_port("[::1]:6443"));   // host "::1"
//   host_of("127.0.0.1:53412");                             // a peer, as Request::remote_address
//
// Errors   invalid, in words that fit behind the name of a flag.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signet::net {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

Result<HostPort> parse_host_port(std::string_view text);
std::string host_port(std::string_view host, std::uint16_t port);

constexpr std::string_view host_of(std::string_view address) {
  auto host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace signet::net
