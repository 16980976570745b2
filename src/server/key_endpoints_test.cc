#include "server/key_endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/server_fixture_for_tests.h"

namespace signet::server {
namespace {

using fixture::Client;
using fixture::options_for;
using fixture::start;
using testing::HasSubstr;

class KeyEndpoints : public testing::Test {
 protected:
  void SetUp() override {
    authority = start(options_for(directory / "data"));
    ASSERT_NE(authority, nullptr);
    admin.emplace(*authority);
  }
  fixture::Reply rotate(std::string body = "{}") {
    return admin->post("/signet/v1/keys/rotate", std::move(body));
  }
  fixture::Reply retire(std::string body) {
    return admin->post("/signet/v1/keys/retire", std::move(body));
  }
  std::string kid(std::size_t index) {
    const auto document = codec::parse_json(admin->get("/signet/v1/keys").body, {});
    const auto& keys = codec::array_at(document->value, "keys");
    return index < keys.size() ? std::string(codec::string_at(keys[index], "kid")) : "(none)";
  }

  signet::fixture::TempDirectory directory;
  std::unique_ptr<Authority> authority;
  std::optional<Client> admin;
};

TEST_F(KeyEndpoints, list_rotate_and_retire_keys_of_a_running_authority) {
  const auto list = admin->get("/signet/v1/keys");
  EXPECT_EQ(list.status, 200);
  EXPECT_THAT(list.body, HasSubstr(R"("algorithm":"ES256","state":"signing")"));
  const auto first = kid(0);
  const auto rotated = rotate(R"({"algorithm":"ES384"})");
  EXPECT_EQ(rotated.status, 200) << rotated.body;
  EXPECT_THAT(rotated.body, HasSubstr(R"("algorithm":"ES384","state":"published")"));
  EXPECT_THAT(admin->get("/openid/v1/jwks").body, HasSubstr(kid(1)));
  EXPECT_THAT(admin->get("/.well-known/openid-configuration").body,
              HasSubstr(R"(["ES256","ES384"])"));
  EXPECT_EQ(rotate().at("reason"), "Conflict");
  EXPECT_EQ(retire(cat(R"({"kid":")", first, R"(","now":true})")).status, 409);
  EXPECT_EQ(rotate(R"({"now":true})").status, 200);
  EXPECT_EQ(retire(cat(R"({"kid":")", first, R"(","now":true})")).status, 200);
  EXPECT_THAT(admin->get("/openid/v1/jwks").body, testing::Not(HasSubstr(first)));
  EXPECT_EQ(retire(R"({"kid":"nobody"})").status, 404);
}

TEST_F(KeyEndpoints, a_request_that_is_not_understood_changes_nothing) {
  for (const auto* body :
       {R"({"algorithm":"HS256"})", R"({"algorithm":"none"})", R"({"algorithm":1})",
        R"({"rsaBits":2048})", R"({"algorithm":"RS256","rsaBits":1024})",
        R"({"algorithm":"RS256","rsaBits":"2048"})", R"({"algorithm":"RS256","rsaBits":1e300})",
        R"({"algorithm":"ES256","rsaBits":2048})", R"({"now":"yes"})", R"({"Now":true})",
        R"({"replace":1})", R"({"kid":"x"})"}) {
    const auto reply = rotate(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.at("reason"), "BadRequest") << body;
  }
  for (const std::string body : {"{}", R"({"kid":""})", R"({"kid":1})", R"({"kid":"x","now":1})",
                                 R"({"kid":"x","force":true})"}) {
    EXPECT_EQ(retire(body).status, 400) << body;
  }
  EXPECT_EQ(retire(cat(R"({"kid":")", std::string(1000, 'x'), "\"}")).status, 400);
  EXPECT_EQ(kid(1), "(none)");
  EXPECT_EQ(admin->post("/signet/v1/keys", "{}").status, 405);
  EXPECT_EQ(admin->get("/signet/v1/keys/rotate").status, 405);
}

TEST_F(KeyEndpoints, are_for_who_a_role_names_and_nobody_else) {
  const auto as_jane = [&](std::string method, std::string_view path) {
    return admin->send(std::move(method), path, "{}", {{"impersonate-user", "jane"}}).status;
  };
  EXPECT_EQ(as_jane("GET", "/signet/v1/keys"), 403);
  EXPECT_EQ(as_jane("POST", "/signet/v1/keys/rotate"), 403);
  const auto roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
  EXPECT_EQ(admin
                ->post(roles, R"({"metadata":{"name":"keys"},"rules":[
                    {"nonResourceURLs":["/signet/v1/keys"],"verbs":["get"]}]})")
                .status,
            201);
  EXPECT_EQ(admin
                ->post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                       R"({"metadata":{"name":"keys"},
                    "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"keys"},
                    "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"jane"}]})")
                .status,
            201);
  EXPECT_EQ(as_jane("GET", "/signet/v1/keys"), 200);
  EXPECT_EQ(as_jane("POST", "/signet/v1/keys/rotate"), 403);
  EXPECT_EQ(as_jane("POST", "/signet/v1/keys/retire"), 403);
  Client nobody(*authority, false);
  EXPECT_EQ(nobody.post("/signet/v1/keys/rotate", "{}").status, 403);
  EXPECT_EQ(kid(1), "(none)");
}

TEST(KeyEndpointsWithFiles, say_how_it_is_done_with_files) {
  signet::fixture::TempDirectory directory;
  auto options = options_for(directory / "data");
  const auto key = *crypto::PrivateKey::generate(crypto::NewKey::p256);
  options.signing_key_file = directory / "sign.pem";
  std::ofstream(options.signing_key_file) << key.to_pem().reveal();
  options.verification_key_files = {options.signing_key_file};
  const auto authority = start(std::move(options));
  ASSERT_NE(authority, nullptr);
  Client admin(*authority);
  EXPECT_THAT(admin.get("/signet/v1/keys").body, HasSubstr(R"("state":"verifying")"));
  const auto refused = admin.post("/signet/v1/keys/rotate", "{}");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.at("message"), HasSubstr("--service-account-key-file"));
}

}  // namespace
}  // namespace signet::server
