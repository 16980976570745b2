// A span of time on the command line: seconds ("7200") or as Go writes them ("2h", "1h30m").
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace signet::cmd {

// Not negative; what is below a second is dropped.
Result<std::chrono::seconds> parse_seconds(const std::string& text);

}  // namespace signet::cmd
