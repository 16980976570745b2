#include "codec/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::codec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string problem(std::string_view text) {
  const auto records = parse_csv(text);
  return records ? "(none)" : records.error().message;
}

TEST(Csv, fields_stand_between_commas_and_records_on_lines) {
  EXPECT_THAT(*parse_csv("a,b,c\nd,,\n"),
              ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("d", "", "")));
  EXPECT_THAT(*parse_csv("a, b \r\nc"), ElementsAre(ElementsAre("a", " b "), ElementsAre("c")));
  EXPECT_THAT(*parse_csv("a,b\r"), ElementsAre(ElementsAre("a", "b")));
}

TEST(Csv, empty_lines_are_no_records) {
  EXPECT_THAT(*parse_csv(""), IsEmpty());
  EXPECT_THAT(*parse_csv("\n\r\n\n"), IsEmpty());
  EXPECT_THAT(*parse_csv("\na\n\nb\n\n"), ElementsAre(ElementsAre("a"), ElementsAre("b")));
  EXPECT_THAT(*parse_csv(","), ElementsAre(ElementsAre("", "")));
}

TEST(Csv, quotes_keep_commas_lines_and_doubled_quotes) {
  EXPECT_THAT(*parse_csv(R"(t,alice,u,"dev,ops")"),
              ElementsAre(ElementsAre("t", "alice", "u", "dev,ops")));
  EXPECT_THAT(*parse_csv("\"a\"\"b\",\"\"\n"), ElementsAre(ElementsAre("a\"b", "")));
  EXPECT_THAT(*parse_csv("\"a\r\nb\",c\n"), ElementsAre(ElementsAre("a\nb", "c")));
}

TEST(Csv, quotes_out_of_place_are_refused_with_their_place) {
  EXPECT_EQ(problem("a,b\"c\n"), "parse error on line 1, column 4: bare \" in non-quoted field");
  EXPECT_EQ(problem("x\n a\"b"), "parse error on line 2, column 3: bare \" in non-quoted field");
  EXPECT_EQ(problem("\"a\"b,c"),
            "parse error on line 1, column 3: extraneous or missing \" in quoted-field");
  EXPECT_EQ(problem("\"a\nb"),
            "record on line 1; parse error on line 2, column 2: extraneous or missing \" in "
            "quoted-field");
}

}  // namespace
}  // namespace signet::codec
