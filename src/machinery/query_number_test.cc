#include "machinery/query_number.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::machinery {
namespace {

std::string version(std::string_view text) {
  const auto parsed = parse_version(text);
  return parsed ? std::to_string(*parsed) : parsed.error().message;
}

TEST(Version, is_digits_that_fit_64_bits) {
  EXPECT_EQ(version("0"), "0");
  EXPECT_EQ(version("18446744073709551615"), "18446744073709551615");
  for (const std::string text : {"", "abc", "-1", "+1", "1x", " 1"}) {
    EXPECT_EQ(version(text), "strconv.ParseUint: parsing \"" + text + "\": invalid syntax");
  }
  EXPECT_EQ(version("18446744073709551616"),
            "strconv.ParseUint: parsing \"18446744073709551616\": value out of range");
}

}  // namespace
}  // namespace signet::machinery
