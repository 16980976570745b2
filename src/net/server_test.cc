#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using ::testing::HasSubstr;

Task<Response> echo(Request request) {
  std::string seen = cat(request.method, " ", request.path, "?", request.query, " ", request.body);
  if (request.peer) append(seen, " by ", request.peer->common_name);
  co_return Response{.status = 200, .content_type = "text/plain", .headers = {}, .body = seen};
}

class ServerTest : public ::testing::Test {
 protected:
  void listen(Handler handler, ServerOptions options = {}) {
    auto made = Server::listen(std::move(options), testing::server_tls(),
                               {{&thread_.loop(), std::move(handler)}}, nullptr);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    server_ = *std::move(made);
  }
  std::string url(std::string_view path) const {
    return cat("https://127.0.0.1:", server_->port(), path);
  }

  testing::LoopThread thread_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, answers_a_request) {
  listen(echo);
  HttpClient client(testing::client_options());
  const auto reply =
      client.send({.method = "POST", .url = url("/a?b=c"), .headers = {}, .body = "hi"});
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "POST /a?b=c hi");
  EXPECT_EQ(reply->header("content-type"), "text/plain");
}

TEST_F(ServerTest, knows_who_showed_a_certificate) {
  listen(echo);
  const auto identity = testing::test_pki().issue(
      {.common_name = "alice", .organizations = {"a", "b"}, .extended_key_usage = "clientAuth"});
  auto options = testing::client_options();
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  HttpClient client(options);
  const auto reply = client.send({.method = "GET", .url = url("/"), .headers = {}, .body = {}});
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_THAT(reply->body, HasSubstr("by alice"));
}

}  // namespace
}  // namespace signet::net
