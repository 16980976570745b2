#include "gate/listen.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "net/address.h"

namespace signet::gate {

bool Place::is_local() const {
  return !unix_path.empty() || host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string Place::to_text() const {
  if (!unix_path.empty()) return cat("unix:", unix_path);
  return net::host_port(host, port);
}

Result<Place> parse_place(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix:";
  Place place;
  if (text.starts_with(unix_scheme)) {
    place.unix_path = text.substr(unix_scheme.size());
    if (place.unix_path.empty()) return fail(ErrorKind::invalid, "unix: needs a path");
    return place;
  }
  if (!text.contains(':')) return fail(ErrorKind::invalid, "must be HOST:PORT or unix:PATH");
  TRY(auto named, net::parse_host_port(text));
  place.host = std::move(named.host);
  place.port = named.port;
  return place;
}

}  // namespace signet::gate
