#include "machinery/age.h"

#include <gtest/gtest.h>

namespace signet::machinery {
namespace {

using std::chrono::seconds;

TEST(Ages, have_the_precision_of_kubectl) {
  struct Case {
    std::int64_t age;
    std::string_view text;
  };
  constexpr std::int64_t hour = 3600;
  constexpr std::int64_t day = 24 * hour;
  constexpr std::int64_t year = 365 * day;
  constexpr Case cases[] = {
      {-2, "<invalid>"},
      {-1, "0s"},
      {0, "0s"},
      {119, "119s"},
      {120, "2m"},
      {121, "2m1s"},
      {599, "9m59s"},
      {600, "10m"},
      {601, "10m"},
      {3 * hour - 1, "179m"},
      {3 * hour, "3h"},
      {3 * hour + 60, "3h1m"},
      {8 * hour - 1, "7h59m"},
      {8 * hour, "8h"},
      {2 * day - 1, "47h"},
      {2 * day, "2d"},
      {49 * hour, "2d1h"},
      {8 * day - 1, "7d23h"},
      {8 * day, "8d"},
      {2 * year - 1, "729d"},
      {2 * year, "2y"},
      {2 * year + day, "2y1d"},
      {8 * year - 1, "7y364d"},
      {8 * year, "8y"},
  };
  for (const Case& c : cases) EXPECT_EQ(age_text(seconds(c.age)), c.text) << c.age;
}

TEST(Ages, count_from_the_creation_timestamp) {
  const Instant now{std::chrono::seconds(1'700'000'090)};
  const auto aged = [&](std::string_view metadata) {
    return object_age(codec::parse_json(metadata, {}).value().value, now);
  };
  EXPECT_EQ(aged(R"({"metadata":{"creationTimestamp":"2023-11-14T22:13:20Z"}})"), "90s");
  EXPECT_EQ(aged(R"({"metadata":{"creationTimestamp":null}})"), "<unknown>");
  EXPECT_EQ(aged("{}"), "<unknown>");
}

}  // namespace
}  // namespace signet::machinery
