#include "node/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/cat.h"

namespace signet::node {
namespace {

class CannedTransport final : public ApiTransport {
 public:
  Result<ApiReply> send(const ApiRequest& request, const std::stop_token& /*stop*/) override {
    last = request;
    return reply;
  }
  Result<ApiReply> stream(const ApiRequest& request, const Chunk& chunk,
                          const std::stop_token& /*stop*/) override {
    last = request;
    for (const auto& piece : pieces) {
      if (!chunk(piece)) break;
    }
    return reply;
  }

  ApiRequest last;
  ApiReply reply{.status = 200, .body = "{}"};
  std::vector<std::string> pieces;
};

struct StatusCase {
  int status;
  ErrorKind kind;
};

class StatusKinds : public testing::TestWithParam<StatusCase> {};

TEST_P(StatusKinds, follow_the_code) {
  const auto error =
      status_error({.status = GetParam().status, .body = R"({"message":"why","code":1})"});
  EXPECT_EQ(error.kind, GetParam().kind);
  EXPECT_EQ(error.message, "why");
}

INSTANTIATE_TEST_SUITE_P(, StatusKinds,
                         testing::Values(StatusCase{400, ErrorKind::invalid},
                                         StatusCase{401, ErrorKind::unauthenticated},
                                         StatusCase{403, ErrorKind::forbidden},
                                         StatusCase{404, ErrorKind::not_found},
                                         StatusCase{409, ErrorKind::conflict},
                                         StatusCase{422, ErrorKind::invalid},
                                         StatusCase{429, ErrorKind::unavailable},
                                         StatusCase{500, ErrorKind::unavailable},
                                         StatusCase{503, ErrorKind::unavailable}),
                         [](const auto& row) { return cat("http_", row.param.status); });

TEST(ApiClient, answer_that_is_no_status_is_told_by_its_code) {
  EXPECT_EQ(status_error({.status = 502, .body = "<html>"}).message,
            "the server answered with HTTP status 502");
}

TEST(ApiClient, patch_names_its_kind) {
  CannedTransport transport;
  ApiClient api(transport);
  ASSERT_TRUE(api.patch("/x", codec::JsonObject{{"a", 1}}, PatchKind::strategic));
  EXPECT_EQ(transport.last.content_type, "application/strategic-merge-patch+json");
  EXPECT_EQ(transport.last.body, R"({"a":1})");
}

TEST(ApiClient, answer_that_is_no_json_is_an_error_without_its_text) {
  CannedTransport transport;
  transport.reply.body = "secret-bytes";
  ApiClient api(transport);
  const auto got = api.get("/api/v1/x?a=b");
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, testing::HasSubstr("GET /api/v1/x"));
}

TEST(ApiClient, watch_joins_pieces_into_events) {
  CannedTransport transport;
  transport.pieces = {"{\"n\":", "1}\n{\"n\":2}", "\n\n", "{\"n\":3}\n"};
  ApiClient api(transport);
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(api.watch("/w", [&](const codec::Json& event) {
    seen.push_back(codec::int_at(event, "n").value_or(-1));
    return true;
  }));
  EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3));
}

TEST(ApiClient, watch_ends_at_what_is_no_json) {
  CannedTransport transport;
  transport.pieces = {"{\"n\":1}\n", "rubbish\n", "{\"n\":2}\n"};
  ApiClient api(transport);
  int events = 0;
  const auto done = api.watch("/w", [&](const codec::Json&) { return ++events > 0; });
  EXPECT_FALSE(done);
  EXPECT_EQ(events, 1);
}

TEST(ApiClient, watch_ends_at_an_event_without_end) {
  CannedTransport transport;
  const auto endless = [&](std::size_t bytes) {
    transport.pieces = {"\"" + std::string(bytes, 'x') + "\"\n"};
    ApiClient api(transport);
    return api.watch("/w", [](const codec::Json&) { return true; });
  };
  constexpr std::size_t event_bytes_max = std::size_t{3} * 1024 * 1024;
  EXPECT_TRUE(endless(event_bytes_max - 2));
  const auto refused = endless(event_bytes_max - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::exhausted);
}

TEST(ApiClient, refused_watch_is_its_status) {
  CannedTransport transport;
  transport.reply = {.status = 410, .body = R"({"message":"too old"})"};
  ApiClient api(transport);
  const auto done = api.watch("/w", [](const codec::Json&) { return true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "too old");
}

}  // namespace
}  // namespace signet::node
