// Instants as text: "2026-11-23T19:18:25Z", as Kubernetes writes metadata times.
//
// Limits   an Instant reaches from 1678 to 2261: text outside is an error. What is written is
//          clamped to the years 0000 to 9999.
// Source   RFC 3339 s5.6. A leap second (":60") is refused, as Go refuses it.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace signet::codec {

std::string to_rfc3339(UnixTime time);
// With microseconds: "2026-11-23T19:18:25.123456Z", as MicroTime.
std::string to_rfc3339_micro(Instant time);
// Accepts any offset and fraction (digits below a nanosecond are dropped).
Result<Instant> parse_rfc3339(std::string_view text);

}  // namespace signet::codec
