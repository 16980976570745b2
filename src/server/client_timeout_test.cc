#include "server/client_timeout.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace signet::server {
namespace {

net::Request get(std::string path, std::string query) {
  net::Request request;
  request.method = "GET";
  request.path = std::move(path);
  request.query = std::move(query);
  return request;
}

// A loop, and a handler that answers when it is told to.
class ClientTimeout : public testing::Test {
 protected:
  using Complete = Callback<net::Response>::Complete;

  void ask(net::Request request) {
    spawn(answer_in_time(&loop_, std::move(request), [this](net::Request) { return wait(); }),
          [this](net::Response response) {
            seen_ = std::move(response);
            loop_.stop();
          });
  }
  Task<net::Response> wait() {
    Callback<net::Response> answer([this](Complete complete) { complete_ = std::move(complete); });
    co_return co_await answer;
  }
  void answer(int status) {
    net::Response response;
    response.status = status;
    complete_(std::move(response));
  }

  net::Loop loop_;
  Complete complete_;
  std::optional<net::Response> seen_;
};

TEST_F(ClientTimeout, ends_what_takes_longer) {
  ask(get("/api/v1/pods", "timeout=1ms"));
  EXPECT_FALSE(seen_);
  loop_.run();
  ASSERT_TRUE(seen_);
  EXPECT_EQ(seen_->status, 504);
  EXPECT_NE(seen_->bytes().find("Timeout: request did not complete within the allotted timeout"),
            std::string_view::npos);
  answer(200);  // goes nowhere
  EXPECT_EQ(seen_->status, 504);
}

TEST_F(ClientTimeout, lets_through_what_is_in_time) {
  for (const auto* query : {"timeout=1h", "timeout=0s", "timeout=-1s", "timeout=", "x=timeout="}) {
    seen_.reset();
    ask(get("/api/v1/pods", query));
    answer(200);
    ASSERT_TRUE(seen_) << query;
    EXPECT_EQ(seen_->status, 200) << query;
  }
}

TEST_F(ClientTimeout, is_no_concern_of_a_watch) {
  ask(get("/api/v1/pods", "watch=1&timeout=x"));
  answer(200);
  ASSERT_TRUE(seen_);
  EXPECT_EQ(seen_->status, 200);
}

TEST_F(ClientTimeout, that_is_none_is_refused_before_anything_is_done) {
  ask(get("/version", "timeout=5"));
  ASSERT_TRUE(seen_);
  EXPECT_FALSE(complete_);
  EXPECT_EQ(seen_->status, 400);
  EXPECT_NE(seen_->bytes().find("invalid timeout specified in the request URL - time: missing "
                                "unit in duration \\\"5\\\""),
            std::string_view::npos);
}

}  // namespace
}  // namespace signet::server
