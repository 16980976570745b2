#include "token/legacy_labels.h"

#include "base/cat.h"

namespace signet::token {
namespace {

// Of `text` from `at` on; -1 where one is no digit.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

std::string label_date(Instant instant) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(instant));
  const auto two = [](unsigned number) { return cat(number < 10 ? "0" : "", number); };
  return cat(static_cast<int>(date.year()), '-', two(static_cast<unsigned>(date.month())), '-',
             two(static_cast<unsigned>(date.day())));
}

std::optional<UnixTime> parse_label_date(std::string_view text) {
  constexpr std::string_view form = "YYYY-MM-DD";
  if (text.size() != form.size() || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return UnixTime(std::chrono::sys_days(date));
}

}  // namespace signet::token
