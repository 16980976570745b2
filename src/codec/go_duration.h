// A duration as Go reads it: "300ms", "1.5h", "2h45m", "-1s", "0".
//
// Errors   invalid, in the words of Go's time.ParseDuration, which clients see.
// Limits   292 years, as 64 bits of nanoseconds.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace signet::codec {

Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

}  // namespace signet::codec
