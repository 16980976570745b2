#include "server/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace signet::server {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

bool accepts(std::string_view encodings, std::string_view method = "GET") {
  net::Request request;
  request.method = method;
  request.headers.emplace_back("accept-encoding", encodings);
  return accepts_gzip(request);
}

TEST(Compression, is_for_readers_that_ask_for_it) {
  EXPECT_TRUE(accepts("gzip"));
  EXPECT_TRUE(accepts("deflate, gzip;q=0.5, br"));
  EXPECT_TRUE(accepts("br , gzip ; q=1"));
  EXPECT_FALSE(accepts("gzip;q=0"));
  EXPECT_FALSE(accepts("gzip; q=0.0"));
  EXPECT_FALSE(accepts("gzipped, deflate"));
  EXPECT_FALSE(accepts(""));
  EXPECT_FALSE(accepts(",,"));
  EXPECT_FALSE(accepts("gzip", "POST"));
  EXPECT_FALSE(accepts_gzip({.method = "GET"}));
}

net::Response with_body(std::size_t size, int status = 200) {
  return {.status = status,
          .content_type = "application/json",
          .headers = {},
          .body = std::string(size, 'x')};
}

TEST(Compression, begins_at_128_kibibytes) {
  auto small = with_body(128 * 1024 - 1);
  compress(small);
  EXPECT_EQ(small.bytes().size(), 128U * 1024 - 1);
  EXPECT_THAT(small.headers, IsEmpty());
  auto large = with_body(128 * 1024);
  compress(large);
  EXPECT_LT(large.bytes().size(), 4096U);
  EXPECT_THAT(large.headers, Contains(Pair("content-encoding", "gzip")));
  EXPECT_THAT(large.headers, Contains(Pair("vary", "Accept-Encoding")));
}

TEST(Compression, reads_shared_bytes_and_leaves_them_alone) {
  const auto shared = std::make_shared<const std::string>(200'000, 'x');
  auto response = with_body(0);
  response.body = shared;
  compress(response);
  EXPECT_LT(response.bytes().size(), 4096U);
  EXPECT_EQ(shared->size(), 200'000U);
}

TEST(Compression, leaves_errors_alone) {
  auto error = with_body(200'000, 500);
  compress(error);
  EXPECT_EQ(error.bytes().size(), 200'000U);
}

}  // namespace
}  // namespace signet::server
