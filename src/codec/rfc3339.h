// Instants as text: "2026-11-23T19:18:25Z", as Kubernetes writes metadata times.
//
// Source   RFC 3339 s5.6.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace signet::codec {

std::string to_rfc3339(UnixTime time);
// With microseconds: "2026-11-23T19:18:25.123456Z", as MicroTime.
std::string to_rfc3339_micro(Instant time);
// Accepts any offset and fraction; years 0000 to 9999.
Result<Instant> parse_rfc3339(std::string_view text);

}  // namespace signet::codec
