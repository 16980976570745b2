#include "token/legacy_labels.h"

#include <gtest/gtest.h>

namespace signet::token {
namespace {

using std::chrono::seconds;

TEST(LegacyLabels, spell_a_day_in_utc_and_read_it_back) {
  constexpr Instant before_midnight{seconds{1'700'006'399}};
  EXPECT_EQ(label_date(before_midnight), "2023-11-14");
  EXPECT_EQ(label_date(before_midnight + seconds{1}), "2023-11-15");
  EXPECT_EQ(label_date(Instant{}), "1970-01-01");
  EXPECT_EQ(label_date(Instant{seconds{1'709'251'199}}), "2024-02-29");
  EXPECT_EQ(parse_label_date("2023-11-15"), UnixTime(seconds{1'700'006'400}));
  EXPECT_EQ(parse_label_date("2024-02-29"), UnixTime(seconds{1'709'164'800}));
}

TEST(LegacyLabels, are_no_date_when_a_person_wrote_something_else) {
  for (const auto* text : {"", "2023-11-1", "2023-11-155", "2023-13-01", "2023-00-10", "2023-02-30",
                           "2023-02-29", "2023/11/15", "15-11-2023", "+023-11-15", "20 3-11-15",
                           "2023-11-1x", "yesterday-", "2023-11-15T00:00:00Z"}) {
    EXPECT_EQ(parse_label_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace signet::token
