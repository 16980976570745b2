#include "codec/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::codec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Percent, decodes_paths_without_touching_plus) {
  EXPECT_EQ(percent_decode("a%2Fb%20c+d%c3%A9"), "a/b c+d\u00e9");
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

TEST(Percent, refuses_what_is_no_escape) {
  for (const auto* text : {"%", "%4", "%4g", "%g4", "a%", "%%41", "%-1", "% 1", "%0x"}) {
    const auto decoded = percent_decode(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(percent_decode("ab%").error().message,
            "invalid percent-encoding at byte 2: % needs two hex digits");
}

TEST(Percent, encodes_everything_but_the_unreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/?&=+%\u00e9"), "a%20b%2F%3F%26%3D%2B%25%C3%A9");
}

TEST(Percent, every_byte_comes_back) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(bytes)), bytes);
}

Query query(std::string_view text) {
  auto parsed = Query::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *std::move(parsed) : Query();
}

TEST(Query, finds_values_by_name) {
  const auto q = query("watch=true&labelSelector=app%3Dweb,tier+in+(a)&watch=false&empty=&bare");
  EXPECT_EQ(q.get("watch"), "true");
  EXPECT_EQ(q.get("labelSelector"), "app=web,tier in (a)");
  EXPECT_THAT(q.all("watch"), ElementsAre("true", "false"));
  EXPECT_TRUE(q.has("empty"));
  EXPECT_EQ(q.get("empty"), "");
  EXPECT_TRUE(q.has("bare"));
  EXPECT_FALSE(q.has("Watch"));
  EXPECT_EQ(q.get("missing"), "");
  EXPECT_THAT(q.all("missing"), IsEmpty());
}

TEST(Query, splits_at_the_first_equals_sign) {
  EXPECT_EQ(query("a=b=c").get("a"), "b=c");
}

TEST(Query, decodes_names_too) {
  EXPECT_EQ(query("a%26b=1").get("a&b"), "1");
}

TEST(Query, ignores_empty_parts) {
  EXPECT_EQ(query("&&a=1&").get("a"), "1");
  EXPECT_FALSE(query("").has(""));
  EXPECT_TRUE(query("=1").has(""));
}

TEST(Query, refuses_bad_escapes_in_names_and_values) {
  EXPECT_FALSE(Query::parse("a=%"));
  EXPECT_FALSE(Query::parse("%zz=1"));
}

TEST(Query, takes_a_thousand_parameters_and_no_more) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a&";
  EXPECT_TRUE(Query::parse(text));
  EXPECT_FALSE(Query::parse(text + "a"));
}

}  // namespace
}  // namespace signet::codec
