#include "gate/listen.h"

#include <charconv>

#include "base/cat.h"

namespace signet::gate {

bool Place::is_local() const {
  return !unix_path.empty() || host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string Place::to_text() const {
  if (!unix_path.empty()) return cat("unix:", unix_path);
  return host.contains(':') ? cat("[", host, "]:", port) : cat(host, ":", port);
}

Result<Place> parse_place(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix:";
  Place place;
  if (text.starts_with(unix_scheme)) {
    place.unix_path = text.substr(unix_scheme.size());
    if (place.unix_path.empty()) return fail(ErrorKind::invalid, "unix: needs a path");
    return place;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return fail(ErrorKind::invalid, "must be HOST:PORT or unix:PATH");
  }
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  place.host = host;
  const auto port = text.substr(colon + 1);
  const auto* end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, place.port);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
    return fail(ErrorKind::invalid, "PORT must be 0 to 65535");
  }
  return place;
}

}  // namespace signet::gate
