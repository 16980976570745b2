#include "identity/recent_digests.h"

#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::identity {
namespace {

const std::string token = cat("header.payload.", std::string(86, 's'));

TEST(RecentDigests, are_found_by_the_whole_token) {
  RecentDigests recent;
  EXPECT_EQ(recent.find(token), nullptr);
  recent.add(token, crypto::sha256(token));
  ASSERT_NE(recent.find(token), nullptr);
  EXPECT_EQ(*recent.find(token), crypto::sha256(token));
  // The same signature, and so the same place.
  EXPECT_EQ(recent.find(cat("header.PAYLOAD.", std::string(86, 's'))), nullptr);
  EXPECT_EQ(recent.find(token.substr(1)), nullptr);
}

TEST(RecentDigests, are_those_of_the_last_at_their_place) {
  RecentDigests recent;
  const auto other = cat("other.", token);
  recent.add(token, crypto::sha256(token));
  recent.add(other, crypto::sha256(other));
  EXPECT_EQ(recent.find(token), nullptr);
  ASSERT_NE(recent.find(other), nullptr);
  EXPECT_EQ(*recent.find(other), crypto::sha256(other));
}

TEST(RecentDigests, know_nothing_of_tokens_that_are_empty_or_too_long) {
  RecentDigests recent;
  EXPECT_EQ(recent.find(""), nullptr);
  const std::string longest(RecentDigests::token_bytes_max, 'x');
  recent.add(longest, crypto::sha256(longest));
  EXPECT_NE(recent.find(longest), nullptr);
  const auto longer = longest + "y";
  recent.add(longer, crypto::sha256(longer));
  EXPECT_EQ(recent.find(longer), nullptr);
}

}  // namespace
}  // namespace signet::identity
