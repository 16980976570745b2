#include "server/own_endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/cat.h"

namespace signet::server {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiError;
using machinery::ApiResult;
using testing::HasSubstr;

class OwnEndpointsTest : public testing::Test {
 protected:
  OwnEndpointsTest() {
    own.add("GET", "/signet/v1/things", [](OwnRequest request) -> Task<ApiResult<Json>> {
      co_return JsonObject{{"user", request.user.username}, {"q", request.query.get("q")}};
    });
    own.add("POST", "/signet/v1/things",
            [](OwnRequest request) -> Task<ApiResult<Json>> { co_return request.body; });
    own.add("POST", "/signet/v1/things/lose", [](OwnRequest) -> Task<ApiResult<Json>> {
      co_return machinery::refuse({.code = 409, .reason = "Conflict", .message = "lost"});
    });
  }

  net::Response send(std::string method, std::string path, std::string body = {}) {
    std::optional<net::Response> answered;
    net::Request request;
    request.method = std::move(method);
    request.path = path;
    request.body = std::move(body);
    spawn(own.answer(std::move(request), path, *codec::Query::parse("q=1"), {.username = "jane"}),
          [&](net::Response response) { answered = std::move(response); });
    return std::move(answered).value();
  }

  OwnEndpoints own;
};

TEST_F(OwnEndpointsTest, answers_json_to_who_asked) {
  const auto response = send("GET", "/signet/v1/things");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.bytes(), "{\"user\":\"jane\",\"q\":\"1\"}\n");
}

TEST_F(OwnEndpointsTest, a_method_and_an_exact_path_find_a_handler_and_nothing_else_does) {
  EXPECT_EQ(send("DELETE", "/signet/v1/things").status, 405);
  EXPECT_EQ(send("get", "/signet/v1/things").status, 405);
  for (const auto* path : {"/signet/v1/thing", "/signet/v1/things/", "/signet/v1/things/x",
                           "/signet/v1/", "/signet/v1//things"}) {
    const auto response = send("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.bytes(), HasSubstr(R"("kind":"Status")"));
  }
  EXPECT_FALSE(OwnEndpoints::covers("/signet/v1"));
  EXPECT_FALSE(OwnEndpoints::covers("/signet/v10/things"));
  EXPECT_EQ(own.paths(), (std::vector<std::string>{"/signet/v1/things", "/signet/v1/things/lose"}));
}

TEST_F(OwnEndpointsTest, a_refusal_is_a_status) {
  const auto response = send("POST", "/signet/v1/things/lose");
  EXPECT_EQ(response.status, 409);
  EXPECT_THAT(response.bytes(), HasSubstr(R"("message":"lost","reason":"Conflict","code":409)"));
}

TEST_F(OwnEndpointsTest, a_body_is_one_object_of_limited_size_or_nothing) {
  EXPECT_EQ(send("POST", "/signet/v1/things").bytes(), "{}\n");
  EXPECT_EQ(send("POST", "/signet/v1/things", R"({"a":1})").bytes(), "{\"a\":1}\n");
  for (const auto* body : {"[1]", "null", "{", "{}{}", R"({"a":1,"a":2})"}) {
    const auto response = send("POST", "/signet/v1/things", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(response.bytes(), HasSubstr(R"("reason":"BadRequest")"));
  }
  const auto of_size = [](std::size_t bytes) {
    return cat("{\"a\":\"", std::string(bytes - 8, 'x'), "\"}");
  };
  EXPECT_EQ(send("POST", "/signet/v1/things", of_size(OwnEndpoints::body_bytes_max)).status, 200);
  EXPECT_EQ(send("POST", "/signet/v1/things", of_size(OwnEndpoints::body_bytes_max + 1)).status,
            413);
}

}  // namespace
}  // namespace signet::server
