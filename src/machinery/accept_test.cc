#include "machinery/accept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"

namespace signet::machinery {
namespace {

net::Request with_accept(std::string header) {
  net::Request request;
  request.headers.emplace_back("accept", std::move(header));
  return request;
}

std::string ranges(const net::Request& request) {
  std::string out;
  for (const auto& clause : parse_accept(request)) {
    append(out, out.empty() ? "" : " ", clause.type, '/', clause.subtype);
  }
  return out;
}

struct AcceptCase {
  const char* name;
  const char* header;
  const char* expected;
};
class AcceptOrder : public testing::TestWithParam<AcceptCase> {};

TEST_P(AcceptOrder, is_by_weight_then_by_position) {
  EXPECT_EQ(ranges(with_accept(GetParam().header)), GetParam().expected);
}

constexpr AcceptCase accept_cases[] = {
    {"one", "a/b", "a/b"},
    {"in_order", "a/b, c/d ,e/f", "a/b c/d e/f"},
    {"by_weight", "a/b;q=0.1,c/d;q=0.25,e/f;q=0.9,g/h", "g/h e/f c/d a/b"},
    {"equal_weights_keep_order", "a/b;q=0.5,c/d;q=0.50,e/f;q=.5", "e/f a/b c/d"},
    {"zero_is_no", "a/b;q=0,c/d;q=0.0,e/f;q=0.000,g/h;q=0.001", "g/h"},
    {"no_weight_at_all", "a/b;q=x,c/d;q=-1,e/f;q=1.5,g/h;q=0.1234", "a/b c/d e/f g/h"},
    {"quotes_hide_separators", R"(a/b;x="1,2;q=0";q=0.5,c/d)", "c/d a/b"},
    {"open_quote", R"(a/b;x="1,c/d)", "a/b"},
    {"empty_members", ",, ,a/b,;,", "a/b"},
    {"no_slash", "json,a/b,*", "a/b"},
    {"only_rubbish", "json", ""},
    {"blank", "  ", "*/*"},
};
INSTANTIATE_TEST_SUITE_P(, AcceptOrder, testing::ValuesIn(accept_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Accept, missing_means_anything) {
  EXPECT_EQ(ranges(net::Request()), "*/*");
}

TEST(Accept, several_headers_are_one_list) {
  auto request = with_accept("a/b;q=0.5");
  request.headers.emplace_back("accept", "c/d");
  EXPECT_EQ(ranges(request), "c/d a/b");
}

TEST(Accept, is_read_up_to_its_limit) {
  std::string header;
  for (int i = 0; i < 100'000; ++i) append(header, "a/", i, ',');
  EXPECT_EQ(parse_accept(with_accept(header)).size(), 64U);
}

TEST(AcceptClause, covers_its_type_and_ranges_without_regard_to_case) {
  const auto covers = [](std::string header) {
    return parse_accept(with_accept(std::move(header))).front().covers("application", "json");
  };
  EXPECT_TRUE(covers("application/json"));
  EXPECT_TRUE(covers("Application/JSON"));
  EXPECT_TRUE(covers("application/*"));
  EXPECT_TRUE(covers("*/*"));
  EXPECT_FALSE(covers("*/json"));
  EXPECT_FALSE(covers("text/*"));
  EXPECT_FALSE(covers("application/jso"));
  EXPECT_FALSE(covers("application/json5"));
}

TEST(AcceptClause, finds_parameters_by_name) {
  const auto request = with_accept(R"(a/b; AS = Table ;v="v1"; g=;flag;w=1=2)");
  const auto clause = parse_accept(request).front();
  EXPECT_EQ(clause.parameter("as"), "Table");
  EXPECT_EQ(clause.parameter("v"), "v1");
  EXPECT_EQ(clause.parameter("g"), "");
  EXPECT_EQ(clause.parameter("flag"), "");
  EXPECT_EQ(clause.parameter("w"), "1=2");
  EXPECT_EQ(clause.parameter("none"), "");
}

TEST(MediaType, is_compared_without_parameters_and_case) {
  EXPECT_TRUE(is_media_type("application/json", "application/json"));
  EXPECT_TRUE(is_media_type(" Application/Json ; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_media_type("application/json2", "application/json"));
  EXPECT_FALSE(is_media_type("", "application/json"));
}

}  // namespace
}  // namespace signet::machinery
