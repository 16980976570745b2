// The host of "127.0.0.1:53412" or "[::1]:53412", as Request::remote_address spells a peer.
#pragma once

#include <string_view>

namespace signet::net {

constexpr std::string_view host_of(std::string_view address) {
  auto host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace signet::net
