#include "machinery/respond.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/cat.h"

namespace signet::machinery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Response, of_compact_json_ends_with_a_newline) {
  const auto response = respond(201, R"({"a":[1,"x"]})", Format::json);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.bytes(), "{\"a\":[1,\"x\"]}\n");
  EXPECT_THAT(response.headers, IsEmpty());
}

TEST(Response, of_indented_json_does_not) {
  const auto response = respond(200, R"({"a":[1,"x"],"b":{},"c":[]})", Format::pretty_json);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.bytes(), R"({
  "a": [
    1,
    "x"
  ],
  "b": {},
  "c": []
})");
}

TEST(Response, may_be_yaml) {
  const auto response = respond(200, R"({"a":{"b":["x"]}})", Format::yaml);
  EXPECT_EQ(response.content_type, "application/yaml");
  EXPECT_THAT(std::string(response.bytes()), testing::HasSubstr("a:\n"));
  EXPECT_THAT(std::string(response.bytes()), testing::Not(testing::HasSubstr("{")));
}

TEST(Indenting, leaves_strings_alone) {
  EXPECT_EQ(indent_json(R"({"a{,:[\"":"}]\\"})"), "{\n  \"a{,:[\\\"\": \"}]\\\\\"\n}");
  EXPECT_EQ(indent_json("[]"), "[]");
  EXPECT_EQ(indent_json("1"), "1");
  EXPECT_EQ(indent_json("[[[]]]"), "[\n  [\n    []\n  ]\n]");
}

TEST(Indenting, survives_what_is_no_json) {
  EXPECT_EQ(indent_json(""), "");
  EXPECT_EQ(indent_json("\"\\"), "\"\\");
  EXPECT_EQ(indent_json("}}"), "\n}\n}");
}

TEST(Warnings, are_quoted_and_sent_once_each) {
  const auto response =
      respond(200, "{}", Format::json, {R"(unknown field "a\b")", "two\r\nlines", "x", "x"});
  EXPECT_THAT(response.headers, ElementsAre(Pair("warning", R"(299 - "unknown field \"a\\b\"")"),
                                            Pair("warning", R"(299 - "two  lines")"),
                                            Pair("warning", R"(299 - "x")")));
}

TEST(Warnings, are_whole_up_to_their_limit) {
  const std::string half(2048, 'x');
  const auto response = respond(200, "{}", Format::json, {half, half, half + "y"});
  ASSERT_EQ(response.headers.size(), 2U);
  EXPECT_EQ(response.headers[1].second.size(), std::string_view("299 - \"\"").size() + 256);
  EXPECT_EQ(respond(200, "{}", Format::json, {half, "z" + half.substr(1)}).headers[1].second.size(),
            std::string_view("299 - \"\"").size() + 2048);
}

TEST(Warnings, are_cut_between_characters_and_stop_past_their_limit) {
  std::vector<std::string> warnings;
  for (int i = 100; i < 200; ++i) {
    std::string warning = std::to_string(i);
    for (int j = 0; j < 300; ++j) warning += "\u00E9";
    warnings.push_back(std::move(warning));
  }
  const auto response = respond(200, "{}", Format::json, warnings);
  ASSERT_EQ(response.headers.size(), 16U);
  EXPECT_EQ(response.headers[0].second, cat("299 - \"", warnings[0].substr(0, 3 + 2 * 253), '"'));
}

TEST(ErrorResponse, is_the_status_object_under_its_code) {
  const auto response =
      respond(ApiError::not_found({.group = "", .name = "pods"}, "p1"), Format::json);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.bytes(),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"pods \"p1\" not found","reason":"NotFound",)"
            R"("details":{"name":"p1","kind":"pods"},"code":404})"
            "\n");
  EXPECT_THAT(response.headers, IsEmpty());
}

TEST(ErrorResponse, says_when_to_try_again) {
  auto error = ApiError::unavailable("later");
  error.details = StatusDetails{};
  error.details->retry_after_seconds = 3;
  EXPECT_THAT(respond(error, Format::json).headers, ElementsAre(Pair("retry-after", "3")));
}

}  // namespace
}  // namespace signet::machinery
