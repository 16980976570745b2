// How the labels of a legacy token's secret are named, and how they spell a day.
//
//   if (auto day = parse_label_date(value); day && *day < limit) ...
//
// Source   tokens.md 1.2, 4.5, 4.6.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace signet::token {

inline constexpr std::string_view last_used_label = "kubernetes.io/legacy-token-last-used";
inline constexpr std::string_view invalid_since_label = "kubernetes.io/legacy-token-invalid-since";

// "2026-11-23", UTC.
std::string label_date(Instant instant);
// The midnight a day begins with; nothing for what is no date of the calendar, spelled like that.
std::optional<UnixTime> parse_label_date(std::string_view text);

}  // namespace signet::token
