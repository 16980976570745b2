#include "codec/rfc3339.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/cat.h"

namespace signet::codec {
namespace {

namespace chrono = std::chrono;
using std::string_view;

constexpr UnixTime first_second = chrono::sys_days(chrono::year(0) / 1 / 1);
constexpr UnixTime last_second =
    chrono::sys_days(chrono::year(9999) / 12 / 31) + chrono::seconds(86399);
// What an Instant can hold, in whole seconds that leave room for a fraction.
constexpr auto first_instant = chrono::ceil<chrono::seconds>(Instant::min());
constexpr auto last_instant = chrono::floor<chrono::seconds>(Instant::max()) - chrono::seconds(1);

void append_digits(std::string& out, std::int64_t number, int width) {
  std::string digits(static_cast<std::size_t>(width), '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out += digits;
}

// Without the zone.
std::string calendar(UnixTime time) {
  time = std::clamp(time, first_second, last_second);
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  std::string out;
  append_digits(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_digits(out, clock.hours().count(), 2);
  out += ':';
  append_digits(out, clock.minutes().count(), 2);
  out += ':';
  append_digits(out, clock.seconds().count(), 2);
  return out;
}

// Takes exactly `count` digits off the front.
std::optional<int> take_number(string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(string_view& text, string_view choices) {
  if (text.empty() || !choices.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

// Fields in order, each followed by one of its separators.
struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<Fields> take_fields(string_view& text) {
  Fields fields;
  struct Step {
    int Fields::* field;
    std::size_t digits;
    string_view separators;
  };
  constexpr Step steps[] = {{&Fields::year, 4, "-"},   {&Fields::month, 2, "-"},
                            {&Fields::day, 2, "Tt"},   {&Fields::hour, 2, ":"},
                            {&Fields::minute, 2, ":"}, {&Fields::second, 2, ""}};
  for (const auto& step : steps) {
    const auto number = take_number(text, step.digits);
    if (!number || (!step.separators.empty() && !take(text, step.separators))) return std::nullopt;
    fields.*step.field = *number;
  }
  return fields;
}

// What follows the decimal point; digits below a nanosecond are dropped.
std::optional<chrono::nanoseconds> take_fraction(string_view& text) {
  if (!take(text, ".")) return chrono::nanoseconds(0);
  const auto digits = std::min(text.size(), text.find_first_not_of("0123456789"));
  if (digits == 0) return std::nullopt;
  std::int64_t nanoseconds = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    nanoseconds = nanoseconds * 10 + (i < digits ? text[i] - '0' : 0);
  }
  text.remove_prefix(digits);
  return chrono::nanoseconds(nanoseconds);
}

std::optional<chrono::seconds> take_offset(string_view& text) {
  if (take(text, "Zz")) return chrono::seconds(0);
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const chrono::seconds offset = chrono::hours(*hours) + chrono::minutes(*minutes);
  return west ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(UnixTime time) {
  return calendar(time) + 'Z';
}

std::string to_rfc3339_micro(Instant time) {
  const auto seconds = whole_seconds(time);
  auto out = calendar(seconds) + '.';
  append_digits(out, chrono::floor<chrono::microseconds>(time - seconds).count(), 6);
  return out + 'Z';
}

Result<Instant> parse_rfc3339(string_view text) {
  const auto refuse = [](string_view why) {
    return fail(ErrorKind::invalid, cat("not an RFC 3339 time: ", why));
  };
  const auto fields = take_fields(text);
  if (!fields) return refuse("expected YYYY-MM-DDThh:mm:ss");
  const auto fraction = take_fraction(text);
  if (!fraction) return refuse("a decimal point without digits");
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return refuse("expected Z or an offset as +hh:mm at the end");
  const chrono::year_month_day date(chrono::year(fields->year),
                                    chrono::month(static_cast<unsigned>(fields->month)),
                                    chrono::day(static_cast<unsigned>(fields->day)));
  if (!date.ok()) return refuse("no such day");
  if (fields->hour > 23 || fields->minute > 59 || fields->second > 59) {
    return refuse("no such time of day");
  }
  const UnixTime seconds = chrono::sys_days(date) + chrono::hours(fields->hour) +
                           chrono::minutes(fields->minute) + chrono::seconds(fields->second) -
                           *offset;
  if (seconds < first_instant || seconds > last_instant) {
    return refuse("the year is before 1678 or after 2261");
  }
  return Instant(seconds) + *fraction;
}

}  // namespace signet::codec
