#include "net/http_text.h"

#include <gtest/gtest.h>

namespace signet::net {
namespace {

TEST(HttpText, writes_the_date_of_the_standard) {
  EXPECT_EQ(http_date(std::chrono::sys_seconds(std::chrono::seconds(784111777))),
            "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpText, names_every_status_it_knows_and_no_other) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(507), "Insufficient Storage");
  EXPECT_EQ(reason_phrase(99), "Status");
  EXPECT_EQ(reason_phrase(599), "Status");
}

TEST(HttpText, lets_no_line_break_into_a_header) {
  EXPECT_TRUE(is_field_value("plain \t text"));
  EXPECT_FALSE(is_field_value("a\r\nset-cookie: b"));
  EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_token("x-name"));
  EXPECT_FALSE(is_token("x name"));
  EXPECT_FALSE(is_token(""));
}

struct TargetCase {
  const char* name;
  std::string_view method, target;
  bool accepted;
  std::string_view path, query;
};
constexpr TargetCase targets[] = {
    {"origin", "GET", "/a/b", true, "/a/b", ""},
    {"query", "GET", "/a?b=c?d", true, "/a", "b=c?d"},
    {"empty_query", "GET", "/?", true, "/", ""},
    {"absolute", "GET", "https://host:1/a?b", true, "/a", "b"},
    {"absolute_in_capitals", "GET", "HTTP://host/a", true, "/a", ""},
    {"absolute_without_path", "GET", "https://host", true, "/", ""},
    {"absolute_without_path_with_query", "GET", "https://host?q", true, "/", "q"},
    {"absolute_without_host", "GET", "https:///a", false, "", ""},
    {"asterisk", "OPTIONS", "*", true, "*", ""},
    {"asterisk_with_another_method", "GET", "*", false, "", ""},
    {"authority", "CONNECT", "host:443", false, "", ""},
    {"relative", "GET", "a/b", false, "", ""},
    {"empty", "GET", "", false, "", ""},
    {"another_scheme", "GET", "ftp://host/a", false, "", ""},
};

class TargetTest : public ::testing::TestWithParam<TargetCase> {};

TEST_P(TargetTest, is_taken_apart) {
  Target out;
  ASSERT_EQ(split_target(GetParam().method, GetParam().target, out), GetParam().accepted);
  if (!GetParam().accepted) return;
  EXPECT_EQ(out.path, GetParam().path);
  EXPECT_EQ(out.query, GetParam().query);
}

INSTANTIATE_TEST_SUITE_P(HttpText, TargetTest, ::testing::ValuesIn(targets),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace signet::net
