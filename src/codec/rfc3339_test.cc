#include "codec/rfc3339.h"

#include <gtest/gtest.h>

namespace signet::codec {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr UnixTime at(std::int64_t unix) {
  return UnixTime(seconds(unix));
}

TEST(Rfc3339, writes_whole_seconds) {
  EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(at(1795461505)), "2026-11-23T19:18:25Z");
  EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(at(951782400)), "2000-02-29T00:00:00Z");
}

TEST(Rfc3339, writes_the_first_and_last_second_and_clamps_beyond) {
  EXPECT_EQ(to_rfc3339(at(253402300799)), "9999-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(at(253402300800)), "9999-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(UnixTime::max()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(at(-62167219200)), "0000-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(UnixTime::min()), "0000-01-01T00:00:00Z");
}

TEST(Rfc3339, writes_microseconds_rounded_down) {
  EXPECT_EQ(to_rfc3339_micro(Instant(nanoseconds(1))), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339_micro(Instant(nanoseconds(123456789))), "1970-01-01T00:00:00.123456Z");
  EXPECT_EQ(to_rfc3339_micro(Instant(nanoseconds(-1))), "1969-12-31T23:59:59.999999Z");
}

struct TimeCase {
  const char* name;
  const char* text;
  std::int64_t unix;
  std::int64_t nanoseconds;
};
constexpr TimeCase time_cases[] = {
    {"epoch", "1970-01-01T00:00:00Z", 0, 0},
    {"lower_case", "1970-01-01t00:00:01z", 1, 0},
    {"east", "1970-01-01T02:00:00+02:00", 0, 0},
    {"west", "1969-12-31T18:30:00-05:30", 0, 0},
    {"unknown_local_offset", "1970-01-01T00:00:00-00:00", 0, 0},
    {"largest_offset", "1970-01-01T23:59:00+23:59", 0, 0},
    {"fraction", "1970-01-01T00:00:00.5Z", 0, 500'000'000},
    {"nanoseconds", "1970-01-01T00:00:00.123456789Z", 0, 123'456'789},
    {"below_a_nanosecond", "1970-01-01T00:00:00.1234567899999Z", 0, 123'456'789},
    {"before_1970", "1969-12-31T23:59:59.25Z", -1, 250'000'000},
    {"leap_day", "2000-02-29T00:00:00Z", 951782400, 0},
    {"first_year_that_fits", "1678-01-01T00:00:00Z", -9214560000, 0},
    {"last_year_that_fits", "2261-12-31T23:59:59Z", 9214646399, 0},
};
class Rfc3339Time : public testing::TestWithParam<TimeCase> {};
TEST_P(Rfc3339Time, is_read) {
  const auto parsed = parse_rfc3339(GetParam().text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, Instant(at(GetParam().unix)) + nanoseconds(GetParam().nanoseconds));
}
INSTANTIATE_TEST_SUITE_P(, Rfc3339Time, testing::ValuesIn(time_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Rfc3339, refuses_everything_else) {
  for (const auto* text : {"",
                           "1970",
                           "1970-01-01",
                           "1970-01-01T00:00:00",
                           "1970-01-01 00:00:00Z",
                           "1970-01-01T00:00Z",
                           "1970-1-01T00:00:00Z",
                           "+1970-01-01T00:00:00Z",
                           "1970-13-01T00:00:00Z",
                           "1970-00-01T00:00:00Z",
                           "1970-01-32T00:00:00Z",
                           "1970-01-00T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "1970-01-01T24:00:00Z",
                           "1970-01-01T00:60:00Z",
                           "2016-12-31T23:59:60Z",
                           "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00,5Z",
                           "1970-01-01T00:00:00ZZ",
                           "1970-01-01T00:00:00+0000",
                           "1970-01-01T00:00:00+24:00",
                           "1970-01-01T00:00:00+00:60",
                           "1970-01-01T00:00:00+00:0",
                           "1970-01-01T00:00:00 Z",
                           "1970-01-01T-1:00:00Z",
                           "0000-01-01T00:00:00Z",
                           "1677-09-21T00:12:43Z",
                           "2262-04-11T23:47:17Z",
                           "9999-12-31T23:59:59Z"}) {
    const auto parsed = parse_rfc3339(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalid);
  }
}

TEST(Rfc3339, reads_what_it_writes) {
  for (std::int64_t unix = -9'000'000'000; unix < 9'000'000'000; unix += 86'399'123) {
    EXPECT_EQ(parse_rfc3339(to_rfc3339(at(unix))), Instant(at(unix)));
  }
}

}  // namespace
}  // namespace signet::codec
