#include "machinery/continue_token.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "codec/base64.h"

namespace signet::machinery {
namespace {

std::string refused(std::string_view text) {
  const auto token = read_continue(text);
  return token ? cat("accepted ", token->start) : token.error();
}
std::string refused_json(std::string_view json) {
  return refused(codec::base64url_encode(json));
}

TEST(ContinueToken, comes_back_as_it_went) {
  using namespace std::string_literals;
  const auto text = write_continue({.revision = 7, .start = "ns/name\0"s});
  EXPECT_EQ(codec::base64url_decode(text).value_or(""),
            R"({"v":"meta.k8s.io/v1","rv":7,"start":"ns/name\u0000"})");
  const auto token = read_continue(text);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->revision, 7);
  EXPECT_EQ(token->start, "ns/name\0"s);
}

TEST(ContinueToken, that_is_none_is_refused_in_the_words_of_go) {
  EXPECT_EQ(refused("@"), "continue key is not valid: illegal base64 data at input byte 0");
  EXPECT_EQ(refused("zzzz!"), "continue key is not valid: illegal base64 data at input byte 4");
  EXPECT_EQ(refused("zzzzz"), "continue key is not valid: illegal base64 data at input byte 4");
  EXPECT_EQ(refused("e30="), "continue key is not valid: illegal base64 data at input byte 3");
  EXPECT_EQ(refused("xx"),
            "continue key is not valid: invalid character 'Ç' looking for beginning of value");
  EXPECT_EQ(refused_json("{"), "continue key is not valid: unexpected end of JSON input");
  EXPECT_EQ(refused_json("{}"),
            "continue key is not valid: server does not recognize this encoded version \"\"");
  EXPECT_EQ(refused_json(R"({"v":"meta.k8s.io/v1","start":"a"})"),
            "continue key is not valid: incorrect encoded start resourceVersion (version "
            "meta.k8s.io/v1)");
  EXPECT_EQ(refused_json(R"({"v":"meta.k8s.io/v1","rv":1})"),
            "continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  EXPECT_EQ(refused(std::string(5000, 'A')), "continue key is not valid: it is too long");
}

TEST(ContinueToken, stays_below_its_collection) {
  for (const std::string_view start : {"../b", "a/../../b", "a//b", "a/", "./a", "/../a"}) {
    EXPECT_EQ(refused_json(cat(R"({"v":"meta.k8s.io/v1","rv":1,"start":")", start, "\"}")),
              cat("continue key is not valid: ", start));
  }
  EXPECT_EQ(refused_json(R"({"v":"meta.k8s.io/v1","rv":1,"start":"/a"})"), "accepted a");
}

}  // namespace
}  // namespace signet::machinery
