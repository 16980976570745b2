#include "machinery/age.h"

#include <cstdint>

#include "base/cat.h"
#include "codec/rfc3339.h"

namespace signet::machinery {
namespace {

// "5m30s"; the second unit only when there is any of it.
std::string two_units(std::int64_t first, char first_unit, std::int64_t second, char second_unit) {
  std::string out = cat(first, first_unit);
  if (second != 0) append(out, second, second_unit);
  return out;
}

}  // namespace

std::string age_text(std::chrono::seconds age) {
  const std::int64_t seconds = age.count();
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return cat(seconds, 's');
  const std::int64_t minutes = seconds / 60;
  if (minutes < 10) return two_units(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return cat(minutes, 'm');
  const std::int64_t hours = minutes / 60;
  if (hours < 8) return two_units(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return cat(hours, 'h');
  const std::int64_t days = hours / 24;
  if (days < 8) return two_units(days, 'd', hours % 24, 'h');
  if (days < 730) return cat(days, 'd');
  const std::int64_t years = days / 365;
  if (years < 8) return two_units(years, 'y', days % 365, 'd');
  return cat(years, 'y');
}

std::string object_age(const codec::Json& object, Instant now) {
  const auto created = codec::parse_rfc3339(codec::string_at(object, "metadata.creationTimestamp"));
  if (!created) return "<unknown>";
  // Towards zero, as Go's conversion of a duration: a clock that is ahead by less than a second
  // shows 0s.
  return age_text(std::chrono::duration_cast<std::chrono::seconds>(now - *created));
}

}  // namespace signet::machinery
