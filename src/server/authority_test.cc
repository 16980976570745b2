#include "server/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "server/server_fixture_for_tests.h"

namespace signet::server {
namespace {

using fixture::Client;
using fixture::failed_start;
using fixture::options_for;
using fixture::start;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view core = "/api/v1/namespaces/default";

// One server for every test that only asks.
class FrontDoorReplies : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory = new signet::fixture::TempDirectory();
    authority = start(options_for(*directory / "data")).release();
  }
  static void TearDownTestSuite() {
    delete authority;
    delete directory;
  }
  void SetUp() override { ASSERT_NE(authority, nullptr); }

  static signet::fixture::TempDirectory* directory;
  static Authority* authority;
};
signet::fixture::TempDirectory* FrontDoorReplies::directory = nullptr;
Authority* FrontDoorReplies::authority = nullptr;

TEST_F(FrontDoorReplies, a_certificate_of_the_administrator_opens_everything) {
  Client admin(*authority);
  const auto list = admin.get("/api/v1/namespaces");
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.at("kind"), "NamespaceList");
  EXPECT_EQ(list.response.header("cache-control"), "no-cache, private");
  EXPECT_THAT(std::string(list.response.header("audit-id")), MatchesRegex("[0-9a-f-]{36}"));
}

constexpr std::string_view who_am_i = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

TEST_F(FrontDoorReplies, who_asks_as_somebody_else_is_he_in_every_respect) {
  Client admin(*authority);
  const auto reply = admin.get("/api/v1/namespaces", {{"Impersonate-User", "jane"}});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(
      reply.at("message"),
      R"(namespaces is forbidden: User "jane" cannot list resource "namespaces" in API group "" at the cluster scope)");
  const auto self = admin.send("POST", who_am_i, "{}",
                               {{"content-type", "application/json"},
                                {"Impersonate-User", "jane"},
                                {"Impersonate-Group", "dev"},
                                {"Impersonate-Uid", "u1"},
                                {"Impersonate-Extra-example.com%2fteam", "red"},
                                {"Impersonate-Extra-example.com%2fteam", "blue"}});
  EXPECT_EQ(
      self.at("status.userInfo"),
      R"({"username":"jane","uid":"u1","groups":["dev","system:authenticated"],"extra":{"example.com/team":["red","blue"]}})");
}

TEST_F(FrontDoorReplies, a_group_without_a_user_is_nobody) {
  Client admin(*authority);
  const auto reply = admin.get("/version?a=<b>", {{"Impersonate-Group", "g"}});
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.response.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply.body,
            "Internal Server Error: \"/version?a=&lt;b&gt;\": requested [{Group  g    }] without "
            "impersonating a user\n");
}

TEST_F(FrontDoorReplies, requests_are_counted_by_how_they_were_authenticated) {
  Client admin(*authority);
  Client nobody(*authority, false);
  nobody.get("/version", {{"authorization", "Bearer nonsense"}});
  const auto text = admin.get("/metrics").body;
  EXPECT_THAT(text, HasSubstr("authentication_attempts{result=\"error\"} "));
  EXPECT_THAT(text, HasSubstr("authentication_attempts{result=\"failure\"} 0"));
  EXPECT_THAT(text, HasSubstr("authenticated_user_requests{username=\"other\"} "));
  EXPECT_THAT(text, HasSubstr("authenticated_user_requests{username=\"admin\"} 0"));
}

TEST_F(FrontDoorReplies, a_request_keeps_the_id_it_came_with_if_that_is_plain_and_short) {
  Client admin(*authority);
  const auto answered = [&](std::string id) {
    return std::string(
        admin.get("/version", {{"audit-id", std::move(id)}}).response.header("audit-id"));
  };
  EXPECT_EQ(answered("0a8c-mine"), "0a8c-mine");
  EXPECT_EQ(answered(std::string(64, 'x')), std::string(64, 'x'));
  EXPECT_THAT(answered(std::string(65, 'x')), MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_THAT(answered("two words"), MatchesRegex("[0-9a-f-]{36}"));
}

TEST_F(FrontDoorReplies, a_bad_token_is_unauthorized_and_told_nothing) {
  Client nobody(*authority, false);
  const auto reply = nobody.get("/api/v1/pods", {{"authorization", "Bearer nonsense"}});
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(
      reply.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401})"
      "\n");
  EXPECT_EQ(reply.response.header("www-authenticate"), "");
}

TEST_F(FrontDoorReplies, nobody_in_particular_is_forbidden) {
  Client nobody(*authority, false);
  const auto path = nobody.get("/api");
  EXPECT_EQ(path.status, 403);
  EXPECT_EQ(
      path.body,
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"forbidden: User \"system:anonymous\" cannot get path \"/api\"","reason":"Forbidden","details":{},"code":403})"
      "\n");
  EXPECT_EQ(path.response.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(
      nobody.get("/api/v1/pods").at("message"),
      R"(pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope)");
  EXPECT_EQ(nobody.get("/openid/v1/jwks").status, 403);
  EXPECT_EQ(nobody.get("/healthz").body, "ok");
  EXPECT_EQ(nobody.get("/version").status, 200);
}

TEST_F(FrontDoorReplies, what_is_not_there_is_not_found) {
  Client admin(*authority);
  EXPECT_EQ(admin.get(cat(core, "/pods/p")).at("message"), R"(pods "p" not found)");
  EXPECT_EQ(admin.get(cat(core, "/nothings")).at("message"),
            "the server could not find the requested resource");
  const auto path = admin.get("/nothing");
  EXPECT_EQ(path.status, 404);
  EXPECT_THAT(path.body,
              StartsWith("{\n  \"paths\": [\n    \"/.well-known/openid-configuration\""));
  EXPECT_EQ(admin.get("/apis/nosuch/v1").body, "404 page not found\n");
  EXPECT_EQ(admin.get("/openid/v1/jwks/x").status, 404);
  EXPECT_EQ(admin.get("/.well-known").status, 404);
}

TEST_F(FrontDoorReplies, paths_of_our_own_are_authorized_like_any_other_path) {
  Client nobody(*authority, false);
  EXPECT_EQ(nobody.get("/signet/v1/nothing").at("message"),
            R"(forbidden: User "system:anonymous" cannot get path "/signet/v1/nothing")");
  Client admin(*authority);
  const auto reply = admin.get("/signet/v1/nothing");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.at("reason"), "NotFound");
}

TEST_F(FrontDoorReplies, a_wrong_method_is_not_allowed) {
  Client admin(*authority);
  EXPECT_EQ(admin.send("PUT", cat(core, "/pods"), "{}").at("reason"), "MethodNotAllowed");
  EXPECT_EQ(admin.send("POST", "/openid/v1/jwks", "{}").status, 405);
}

TEST_F(FrontDoorReplies, pods_list_only_subresources_that_are_served) {
  Client admin(*authority);
  const auto list = admin.get("/api/v1").body;
  for (const auto* served : {"pods/status", "pods/binding", "pods/eviction"}) {
    EXPECT_THAT(list, HasSubstr(cat('"', served, '"')));
  }
  for (const auto* absent : {"attach", "exec", "log", "portforward", "proxy"}) {
    EXPECT_THAT(list, testing::Not(HasSubstr(cat("\"pods/", absent, '"'))));
    EXPECT_EQ(admin.get(cat(core, "/pods/p/", absent)).status, 404);
  }
}

TEST_F(FrontDoorReplies, a_token_is_requested_used_reviewed_and_dies_with_its_account) {
  Client admin(*authority);
  EXPECT_EQ(admin.post(cat(core, "/serviceaccounts"), R"({"metadata":{"name":"web"}})").status,
            201);
  const auto token = admin.post(cat(core, "/serviceaccounts/web/token"), "{}").at("status.token");
  Client nobody(*authority, false);
  const std::pair<std::string, std::string> bearer{"authorization", "Bearer " + token};
  const auto self = nobody.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}",
                                {bearer, {"content-type", "application/json"}});
  EXPECT_EQ(self.at("status.userInfo.username"), "system:serviceaccount:default:web");
  EXPECT_EQ(nobody.get("/openid/v1/jwks", {bearer}).status, 200);

  const auto review = [&] {
    return admin.post("/apis/authentication.k8s.io/v1/tokenreviews",
                      cat(R"({"spec":{"token":")", token, "\"}}"));
  };
  const auto good = review();
  EXPECT_EQ(good.at("status.authenticated"), "true");
  EXPECT_EQ(good.at("status.user"), self.at("status.userInfo"));
  EXPECT_EQ(admin.send("DELETE", cat(core, "/serviceaccounts/web")).status, 200);
  EXPECT_EQ(review().at("status.error"),
            R"([invalid bearer token, serviceaccounts "web" not found])");
  EXPECT_EQ(nobody.get("/api", {bearer}).status, 401);
}

TEST_F(FrontDoorReplies, requests_are_counted) {
  Client admin(*authority);
  admin.get(cat(core, "/configmaps"));
  EXPECT_THAT(
      admin.get("/metrics").body,
      HasSubstr(R"(apiserver_request_total{code="200",resource="configmaps",verb="list"})"));
}

TEST_F(FrontDoorReplies, a_second_server_in_the_same_directory_is_refused_with_a_clear_line) {
  const auto why = failed_start(options_for(*directory / "data"));
  EXPECT_THAT(why, HasSubstr(*directory / "data"));
  EXPECT_EQ(why.find('\n'), std::string::npos);
  Client admin(*authority);
  EXPECT_EQ(admin.get("/readyz").body, "ok") << "the first one goes on";
}

TEST_F(FrontDoorReplies, a_port_that_is_taken_is_refused_with_a_clear_line) {
  signet::fixture::TempDirectory other;
  auto options = options_for(other / "data");
  options.port = authority->port();
  const auto why = failed_start(std::move(options));
  EXPECT_THAT(why, HasSubstr(std::to_string(authority->port())));
  EXPECT_EQ(why.find('\n'), std::string::npos);
}

TEST(Authority, finds_its_objects_and_keys_again_after_a_restart) {
  signet::fixture::TempDirectory directory;
  std::string uid;
  std::string version;
  std::string token;
  {
    const auto first = start(options_for(directory / "data"));
    ASSERT_NE(first, nullptr);
    Client admin(*first);
    const auto made = admin.post(cat(core, "/serviceaccounts"), R"({"metadata":{"name":"web"}})");
    uid = made.at("metadata.uid");
    version = made.at("metadata.resourceVersion");
    token = admin.post(cat(core, "/serviceaccounts/web/token"), R"({"spec":{"audiences":["x"]}})")
                .at("status.token");
    first->stop();
  }
  auto options = options_for(directory / "data");
  const auto second = start(options);
  ASSERT_NE(second, nullptr);
  Client admin(*second);
  const auto found = admin.get(cat(core, "/serviceaccounts/web"));
  EXPECT_EQ(found.at("metadata.uid"), uid);
  EXPECT_EQ(found.at("metadata.resourceVersion"), version);
  // Another port is another issuer; the key is still ours.
  EXPECT_EQ(admin
                .post("/apis/authentication.k8s.io/v1/tokenreviews",
                      cat(R"({"spec":{"token":")", token, R"(","audiences":["x"]}})"))
                .at("status.error"),
            "invalid bearer token");
  const auto next = admin.post(cat(core, "/serviceaccounts/web/token"), "{}").at("status.token");
  EXPECT_EQ(next.substr(0, next.find('.')), token.substr(0, token.find('.'))) << "the same key";
}

TEST(Authority, with_a_fixed_issuer_tokens_outlast_a_restart) {
  signet::fixture::TempDirectory directory;
  auto options = options_for(directory / "data");
  options.issuers = {"https://issuer.example.com"};
  std::string token;
  {
    const auto first = start(options);
    ASSERT_NE(first, nullptr);
    Client admin(*first);
    token = admin.post(cat(core, "/serviceaccounts/default/token"), "{}").at("status.token");
  }
  const auto second = start(options);
  ASSERT_NE(second, nullptr);
  Client admin(*second);
  EXPECT_EQ(admin
                .post("/apis/authentication.k8s.io/v1/tokenreviews",
                      cat(R"({"spec":{"token":")", token, "\"}}"))
                .at("status.authenticated"),
            "true");
  EXPECT_EQ(admin.get("/.well-known/openid-configuration").at("issuer"),
            "https://issuer.example.com");
}

TEST(Authority, without_anonymous_access_nobody_is_unauthorized) {
  signet::fixture::TempDirectory directory;
  auto options = options_for(directory / "data");
  options.anonymous = false;
  const auto authority = start(std::move(options));
  ASSERT_NE(authority, nullptr);
  Client nobody(*authority, false);
  EXPECT_EQ(nobody.get("/healthz").status, 401);
}

TEST(Authority, an_issuer_that_is_no_https_url_has_no_documents) {
  signet::fixture::TempDirectory directory;
  auto options = options_for(directory / "data");
  options.issuers = {"http://issuer.example.com"};
  const auto authority = start(std::move(options));
  ASSERT_NE(authority, nullptr);
  Client admin(*authority);
  EXPECT_EQ(admin.get("/.well-known/openid-configuration").status, 404);
  EXPECT_THAT(admin.get("/openid/v1/jwks").body, StartsWith("{\n  \"paths\": ["));
}

TEST(Authority, anonymous_discovery_needs_no_credential) {
  signet::fixture::TempDirectory directory;
  auto options = options_for(directory / "data");
  options.anonymous_discovery = true;
  const auto authority = start(std::move(options));
  ASSERT_NE(authority, nullptr);
  Client nobody(*authority, false);
  const auto configuration = nobody.get("/.well-known/openid-configuration");
  EXPECT_EQ(configuration.status, 200);
  EXPECT_EQ(configuration.at("issuer"), authority->url());
  EXPECT_EQ(configuration.at("jwks_uri"), authority->url() + "/openid/v1/jwks");
  EXPECT_EQ(configuration.response.header("cache-control"), "public, max-age=3600");
  EXPECT_EQ(nobody.get("/openid/v1/jwks").response.header("content-type"),
            "application/jwk-set+json");
  EXPECT_EQ(nobody.get("/openid/v1/jwks?format=yaml").status, 200);
  EXPECT_EQ(nobody.get("/api").status, 403);
}

TEST(Authority, believes_the_tokens_of_its_file_and_does_not_start_with_a_damaged_one) {
  signet::fixture::TempDirectory directory;
  auto options = options_for(directory / "data");
  options.token_auth_file = directory / "tokens.csv";
  EXPECT_THAT(failed_start(options), HasSubstr("tokens.csv"));
  std::ofstream(options.token_auth_file) << "s3cret,alice\n";
  const auto why = failed_start(options);
  EXPECT_THAT(why, HasSubstr("must have at least 3 columns (token, user name, user uid), found 2"));
  EXPECT_THAT(why, Not(HasSubstr("s3cret")));
  std::ofstream(options.token_auth_file) << "s3cret,alice,u1,dev\n";
  const auto server = start(options);
  ASSERT_NE(server, nullptr);
  Client nobody(*server, false);
  const auto self =
      nobody.send("POST", who_am_i, "{}",
                  {{"content-type", "application/json"}, {"authorization", "Bearer s3cret"}});
  EXPECT_EQ(self.at("status.userInfo"),
            R"({"username":"alice","uid":"u1","groups":["dev","system:authenticated"]})");
}

TEST(Authority, damaged_files_are_one_clear_line_each) {
  const auto start_with = [](std::string_view file, std::string_view text, std::string_view named) {
    signet::fixture::TempDirectory directory;
    const auto path = cat(directory.path(), "/data/", file);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    const auto why = failed_start(options_for(directory / "data"));
    EXPECT_THAT(why, HasSubstr(named));
    EXPECT_EQ(why.find('\n'), std::string::npos);
  };
  start_with("signing/0001.key", "no key", "signing/0001.key: ");
  start_with("pki/ca.crt", "no certificate", "pki/ca.key: ");
  start_with("state.db", std::string(8192, 'x'), "state.db");
}

TEST(Authority, a_start_that_fails_late_gives_everything_back) {
  signet::fixture::TempDirectory directory;
  std::filesystem::create_directories(directory / "data/admin.kubeconfig/in-the-way");
  EXPECT_THAT(failed_start(options_for(directory / "data")), HasSubstr("admin.kubeconfig"));
  std::filesystem::remove_all(directory / "data/admin.kubeconfig");
  EXPECT_NE(start(options_for(directory / "data")), nullptr);
}

}  // namespace
}  // namespace signet::server
