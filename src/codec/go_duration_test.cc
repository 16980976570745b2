#include "codec/go_duration.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::codec {
namespace {

std::string read(std::string_view text) {
  const auto duration = parse_go_duration(text);
  return duration ? std::to_string(duration->count()) : duration.error().message;
}

TEST(GoDuration, is_read_in_every_unit) {
  EXPECT_EQ(read("0"), "0");
  EXPECT_EQ(read("+5s"), "5000000000");
  EXPECT_EQ(read("-1m"), "-60000000000");
  EXPECT_EQ(read("1h2m3s4ms5us6ns"), "3723004005006");
  EXPECT_EQ(read("1\u00B5s"), "1000");
  EXPECT_EQ(read("1.5h"), "5400000000000");
  EXPECT_EQ(read(".5s"), "500000000");
  EXPECT_EQ(read("5.s"), "5000000000");
  EXPECT_EQ(read("2562047h47m16.854775807s"), "9223372036854775807");
}

TEST(GoDuration, that_is_none_is_refused_in_the_words_of_go) {
  EXPECT_EQ(read(""), "time: invalid duration \"\"");
  EXPECT_EQ(read("-"), "time: invalid duration \"-\"");
  EXPECT_EQ(read("abc"), "time: invalid duration \"abc\"");
  EXPECT_EQ(read("."), "time: invalid duration \".\"");
  EXPECT_EQ(read("5"), "time: missing unit in duration \"5\"");
  EXPECT_EQ(read("1s2"), "time: missing unit in duration \"1s2\"");
  EXPECT_EQ(read("5d"), "time: unknown unit \"d\" in duration \"5d\"");
  EXPECT_EQ(read("99999999999999999999s"), "time: invalid duration \"99999999999999999999s\"");
  EXPECT_EQ(read("3000000h"), "time: invalid duration \"3000000h\"");
  EXPECT_EQ(read("2562047h2562047h"), "time: invalid duration \"2562047h2562047h\"");
}

}  // namespace
}  // namespace signet::codec
