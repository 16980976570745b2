#include "gate/http_front.h"

#include <gmock/gmock.h>

#include "codec/json.h"
#include "gate/gate_fixture_for_tests.h"

namespace signet::gate {
namespace {

using ::testing::HasSubstr;
using Headers = std::vector<std::pair<std::string, std::string>>;

class HttpFrontTest : public ::testing::Test {
 protected:
  std::optional<net::Response> send(net::Request request) {
    if (request.remote_address.empty()) request.remote_address = "127.0.0.1:4444";
    spawn(front_.handler(loop_)(std::move(request)),
          [this](net::Response response) { got_ = std::move(response); });
    return std::exchange(got_, std::nullopt);
  }
  net::Response get(std::string path, std::string query = {}, Headers extra = {}) {
    Headers headers{{"authorization", "Bearer good"}};
    headers.insert(headers.end(), extra.begin(), extra.end());
    return send_as(std::move(path), std::move(query), std::move(headers));
  }
  net::Response send_as(std::string path, std::string query, Headers headers,
                        std::string remote = "127.0.0.1:4444") {
    net::Request request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = std::move(headers);
    request.remote_address = std::move(remote);
    auto response = send(std::move(request));
    EXPECT_TRUE(response) << "it waits";
    return response ? *std::move(response) : net::Response{};
  }
  static std::optional<std::string> header(const net::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  void say(party::Refusal reason) {
    world_.party.verdicts["good"] = std::unexpected(testing::refused(reason));
  }

  testing::GateWorld world_;
  IdentityHeaders names_ = testing::names();
  Checker checker_{{}, world_.checker_world()};
  HttpFront front_{
      {.default_route = "payments", .trusted_peers = {"10.0.0.9", "::1"}},
      {.checker = checker_, .names = names_, .assertions = nullptr, .clock = world_.clock}};
  net::Loop loop_;
  std::optional<net::Response> got_;
};

// K-1 110.
TEST_F(HttpFrontTest, ext_authz_answers_200_and_names_what_to_remove) {
  const auto response = get("/v1/ext_authz/payments/orders/7", "a=b", {{"x_auth_pod", "evil"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "x-auth-subject"), "k8s/prod-eu/ns/shop/sa/cart");
  EXPECT_EQ(header(response, "x-auth-node"), std::nullopt);
  const auto remove = header(response, "x-envoy-auth-headers-to-remove").value_or("");
  EXPECT_THAT(remove, HasSubstr("authorization"));
  EXPECT_THAT(remove, HasSubstr("x-auth-node"));
  EXPECT_THAT(remove, HasSubstr("x_auth_pod"));
}

TEST_F(HttpFrontTest, ext_authz_refuses_with_a_challenge) {
  say(party::Refusal::expired);
  const auto response = get("/v1/ext_authz/payments");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(header(response, "www-authenticate"), "Bearer error=\"invalid_token\"");
  EXPECT_EQ(header(response, "x-envoy-auth-headers-to-remove"), std::nullopt);
}

TEST_F(HttpFrontTest, ext_authz_refuses_a_token_in_the_query_of_the_original_path) {
  EXPECT_EQ(get("/v1/ext_authz/payments/a", "access_token=x").status, 401);
}

// K-1 111.
TEST_F(HttpFrontTest, auth_request_has_every_header_and_nothing_for_a_cache) {
  const auto response = get("/v1/auth_request/payments", "", {{"x-auth-node", "forged"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "x-auth-pod"), "cart-0");
  EXPECT_EQ(header(response, "x-auth-node"), "") << "replaces what the client sent";
  EXPECT_EQ(header(response, "x-auth-assertion"), "");
  EXPECT_EQ(header(response, "cache-control"), "private, no-store");
}

TEST_F(HttpFrontTest, auth_request_says_503_or_what_nginx_can_tell_apart) {
  say(party::Refusal::keys_unavailable);
  auto response = get("/v1/auth_request/payments");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "x-auth-error"), "keys_unavailable");
  EXPECT_TRUE(header(response, "retry-after"));
  response = get("/v1/auth_request/payments", "unavailable=403");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(header(response, "x-auth-error"), "keys_unavailable");
  EXPECT_EQ(get("/v1/auth_request/payments", "unavailable=200").status, 503) << "never lets in";
  say(party::Refusal::expired);
  EXPECT_EQ(get("/v1/auth_request/payments", "unavailable=403").status, 401);
}

TEST_F(HttpFrontTest, auth_request_refuses_spellings_that_nginx_would_pass_on) {
  EXPECT_EQ(get("/v1/auth_request/payments", "", {{"x_auth_subject", "root"}}).status, 401);
  EXPECT_EQ(get("/v1/forward_auth/payments", "", {{"x.auth.subject", "root"}}).status, 401);
  EXPECT_EQ(get("/v1/auth_request/payments", "", {{"x-original-uri", "/?access_token=x"}}).status,
            401);
}

// K-1 112.
TEST_F(HttpFrontTest, forward_auth_passes_503_and_retry_after_on) {
  say(party::Refusal::review_unavailable);
  const auto response = get("/v1/forward_auth/payments");
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(header(response, "retry-after"));
}

TEST_F(HttpFrontTest, forward_auth_takes_the_route_of_a_uri_only_from_whom_it_trusts) {
  const Headers headers{{"authorization", "Bearer good"}, {"x-forwarded-uri", "/payments/7?x=y"}};
  EXPECT_EQ(send_as("/v1/forward_auth", "", headers, "10.0.0.9:99").status, 200);
  EXPECT_EQ(send_as("/v1/forward_auth", "", headers, "[::1]:99").status, 200);
  EXPECT_EQ(send_as("/v1/forward_auth", "", headers, "unix:").status, 200);
  EXPECT_EQ(send_as("/v1/forward_auth", "", headers, "10.0.0.8:99").status, 403);
}

TEST_F(HttpFrontTest, forward_auth_takes_no_route_of_a_uri_that_two_could_read_differently) {
  const auto status = [&](const std::vector<std::string>& uris) {
    Headers headers{{"authorization", "Bearer good"}};
    for (const auto& uri : uris) headers.emplace_back("x-forwarded-uri", uri);
    return send_as("/v1/forward_auth", "", headers, "unix:").status;
  };
  for (const auto* good : {"/payments", "/payments/", "/payments/...", "/payments/a..b/.c",
                           "/payments/a?b=/../c", "/p%61yments/7"}) {
    EXPECT_EQ(status({good}), 200) << good;
  }
  for (const auto* bad :
       {"/payments/../admin", "/payments/..", "/payments/./x", "/payments/%2e%2E/admin",
        "/payments/..%2fadmin", "/payments/..\\admin", "/payments/..;x=y/admin", "/payments/%zz",
        "/./payments", "//payments", "payments", "http://host/payments", ""}) {
    EXPECT_EQ(status({bad}), 403) << bad;
  }
  EXPECT_EQ(status({"/payments/7", "/payments/7"}), 403);
  EXPECT_EQ(status({}), 403);
}

TEST_F(HttpFrontTest, a_token_in_any_of_several_uris_is_refused) {
  for (const auto& [path, name] : {std::pair("/v1/auth_request/payments", "x-original-uri"),
                                   std::pair("/v1/forward_auth/payments", "x-forwarded-uri")}) {
    EXPECT_EQ(get(path, "", {{name, "/"}, {name, "/?access_token=x"}}).status, 401) << name;
  }
}

// K-1 115.
TEST_F(HttpFrontTest, without_a_credential_there_is_a_challenge_and_no_redirect) {
  for (const auto* path :
       {"/v1/ext_authz/payments", "/v1/auth_request/payments", "/v1/forward_auth/payments"}) {
    for (const Headers& headers : {Headers{}, Headers{{"authorization", "Basic dTpw"}}}) {
      const auto response = send_as(path, "", headers);
      EXPECT_EQ(response.status, 401);
      EXPECT_EQ(header(response, "www-authenticate"), "Bearer");
      EXPECT_EQ(header(response, "location"), std::nullopt);
    }
  }
}

TEST_F(HttpFrontTest, a_route_that_does_not_exist_is_forbidden) {
  EXPECT_EQ(get("/v1/auth_request/nosuch").status, 403);
  EXPECT_EQ(get("/v1/auth_request").status, 403);
  EXPECT_EQ(get("/v1/auth_request/%zz").status, 403);
}

TEST_F(HttpFrontTest, what_takes_time_is_answered_on_the_loop_later) {
  world_.party.later = {"good"};
  net::Request request;
  request.method = "GET";
  request.path = "/v1/auth_request/payments";
  request.headers = {{"authorization", "Bearer good"}};
  EXPECT_FALSE(send(std::move(request)));
  world_.party.release();
  EXPECT_FALSE(got_) << "not on the thread of the party";
  loop_.post([this] { loop_.stop(); });
  loop_.run();
  ASSERT_TRUE(got_);
  EXPECT_EQ(got_->status, 200);
}

net::Request review_request(std::string path, std::string version = "v1") {
  net::Request request;
  request.method = "POST";
  request.path = std::move(path);
  request.body = R"({"apiVersion":"authentication.k8s.io/)" + version +
                 R"(","kind":"TokenReview","spec":{"token":"good","audiences":["payments"]}})";
  return request;
}

TEST_F(HttpFrontTest, token_review_is_answered_by_route_and_at_the_path_of_a_cluster) {
  for (const auto& [path, status] : std::vector<std::pair<std::string, int>>{
           {"/v1/token_review/payments", 200},
           {"/apis/authentication.k8s.io/v1/tokenreviews", 201},
           {"/apis/authentication.k8s.io/v1beta1/tokenreviews", 201}}) {
    const auto response = send(review_request(path, "v1beta1"));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, status);
    const auto review = *codec::parse_json_strict(response->bytes(), {});
    EXPECT_EQ(codec::string_at(review, "apiVersion"), "authentication.k8s.io/v1beta1");
    EXPECT_EQ(codec::bool_at(review, "status.authenticated"), true);
  }
  auto vaults = review_request("/apis/authentication.k8s.io/v1/tokenreviews");
  vaults.body = R"({"spec":{"token":"good"}})";
  EXPECT_EQ(send(vaults)->status, 201) << "the path says what is asked";
  vaults.path = "/v1/token_review/payments";
  EXPECT_EQ(send(vaults)->status, 400);
  const auto subject = send(review_request("/v1/token_review/payments/subject"));
  EXPECT_THAT(std::string(subject->bytes()), HasSubstr("k8s/prod-eu/ns/shop/sa/cart"));
}

TEST_F(HttpFrontTest, token_review_that_cannot_be_known_is_an_error_to_repeat) {
  say(party::Refusal::keys_unavailable);
  const auto response = send(review_request("/v1/token_review/payments"));
  EXPECT_EQ(response->status, 503);
  EXPECT_TRUE(header(*response, "retry-after"));
}

TEST_F(HttpFrontTest, other_methods_paths_and_bodies_are_refused) {
  EXPECT_EQ(get("/v1/token_review/payments").status, 405);
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(get("/v1/auth_requestx/payments").status, 404);
  EXPECT_EQ(get("/v1/assertion/jwks").status, 404) << "none are made";
  EXPECT_EQ(send(review_request("/v1/token_review/payments/x"))->status, 404);
  auto broken = review_request("/v1/token_review/payments");
  broken.body = "{";
  EXPECT_EQ(send(std::move(broken))->status, 400);
}

TEST_F(HttpFrontTest, peers_without_a_certificate_are_refused_where_one_is_needed) {
  const HttpFront strict{
      {.peers_need_certificate = true},
      {.checker = checker_, .names = names_, .assertions = nullptr, .clock = world_.clock}};
  net::Request request;
  request.method = "GET";
  request.path = "/v1/auth_request/payments";
  request.headers = {{"authorization", "Bearer good"}};
  int status = 0;
  spawn(strict.handler(loop_)(std::move(request)),
        [&](const net::Response& response) { status = response.status; });
  EXPECT_EQ(status, 403);
}

}  // namespace
}  // namespace signet::gate
