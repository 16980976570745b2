#include "net/address.h"

#include <charconv>
#include <system_error>

#include "base/cat.h"

namespace signet::net {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto host = host_of(text);
  if (colon == std::string_view::npos || host.empty()) {
    return fail(ErrorKind::invalid, "must be HOST:PORT");
  }
  if (host.contains(':') && !text.starts_with('[')) {
    return fail(ErrorKind::invalid, "an IPv6 HOST needs brackets");
  }
  if (host.find_first_of("[]") != std::string_view::npos) {
    return fail(ErrorKind::invalid, "must be HOST:PORT");
  }
  HostPort place{.host = std::string(host)};
  const auto digits = text.substr(colon + 1);
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, place.port);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) {
    return fail(ErrorKind::invalid, "PORT must be 0 to 65535");
  }
  return place;
}

std::string host_port(std::string_view host, std::uint16_t port) {
  return host.contains(':') ? cat("[", host, "]:", port) : cat(host, ":", port);
}

}  // namespace signet::net
