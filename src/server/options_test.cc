#include "server/options.h"

#include <gtest/gtest.h>

namespace signet::server {
namespace {

std::string problem(std::vector<std::string> issuers, std::vector<std::string> audiences = {}) {
  const auto checked =
      check({.issuers = std::move(issuers), .api_audiences = std::move(audiences)});
  return checked ? "" : checked.error().message;
}

TEST(Options, issuers_are_urls_or_plain_words_each_given_once) {
  EXPECT_EQ(problem({}), "");
  EXPECT_EQ(problem({"https://a.example.com/path", "api", "urn:x", "http://b:8080"}), "");
  EXPECT_EQ(problem({"a", "b", "a"}), "--service-account-issuer a: is given twice");
  EXPECT_EQ(problem({"a", ""}), "--service-account-issuer: is empty");
  for (const auto* text : {":", ":a", "1a:b", "ht tp://a", "https://a b", "https://a/%zz",
                           "https://a/\n", "https://a/%"}) {
    EXPECT_NE(problem({text}), "") << text;
  }
}

TEST(Options, no_audience_is_empty) {
  EXPECT_EQ(problem({}, {"a", ""}), "--api-audiences: one of them is empty");
  EXPECT_EQ(problem({}, {"a", "a"}), "");
}

}  // namespace
}  // namespace signet::server
