#include "access/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/service_account_tokens.h"
#include "identity/identity_fixture_for_tests.h"

namespace signet::access {
namespace {

using identity::fixture::bound;
using identity::fixture::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class Authentication : public testing::Test {
 protected:
  World world;
  const std::string account = world.make_account();
  telemetry::Registry metrics;
  ServiceAccountTokens tokens{world.reviewer};
  Authenticator authenticator = make({});

  Authenticator make(AnonymousAccess anonymous) {
    return Authenticator({&tokens}, {.anonymous = std::move(anonymous), .api_audiences = {"api"}},
                         metrics);
  }

  static net::Request request(std::string authorization) {
    net::Request out;
    if (!authorization.empty()) out.headers = {{"authorization", std::move(authorization)}};
    return out;
  }
  static std::shared_ptr<const net::PeerCertificate> peer(net::PeerCertificate read) {
    return std::make_shared<const net::PeerCertificate>(std::move(read));
  }
  Result<Caller> authenticate(const net::Request& asked) {
    return authenticator.authenticate(asked, "/api", *world.api.view().current());
  }
  std::string review(std::string_view text, std::vector<std::string> audiences = {}) {
    const auto reviewed = authenticator.review(text, audiences, *world.api.view().current(), {});
    return reviewed ? "good" : reviewed.error();
  }
};

TEST_F(Authentication, a_good_token_is_its_account_and_authenticated) {
  const auto caller = authenticate(request("Bearer " + world.token()));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user.username, "system:serviceaccount:myns:test-svcacct");
  EXPECT_THAT(
      caller->user.groups,
      ElementsAre("system:serviceaccounts", "system:serviceaccounts:myns", "system:authenticated"));
}

TEST_F(Authentication, a_bad_token_is_nobody_and_never_anonymous) {
  const auto caller = authenticate(request("Bearer nonsense"));
  ASSERT_FALSE(caller);
  EXPECT_EQ(caller.error().kind, ErrorKind::unauthenticated);
  EXPECT_FALSE(authenticate(request("Bearer " + world.token(R"({"audiences":["vault"]})"))))
      << "for somebody else";
}

TEST_F(Authentication, an_automatic_token_warns_its_caller_and_a_reviewer_hears_nothing) {
  const auto token = world.make_legacy("automatic", account);
  EXPECT_THAT(authenticate(request("Bearer " + token))->warnings, IsEmpty());
  world.list_secrets(R"({"name":"automatic"})");
  EXPECT_THAT(authenticate(request("Bearer " + token))->warnings,
              ElementsAre(HasSubstr("instead of auto-generated secret-based tokens.")));
  EXPECT_EQ(review(token), "good");
}

TEST_F(Authentication, the_ledger_hears_where_a_token_came_from_and_who_asked) {
  const auto token = world.make_legacy("manual", account);
  auto asked = request("Bearer " + token);
  asked.remote_address = "10.0.0.7:4242";
  EXPECT_TRUE(authenticate(asked));
  EXPECT_TRUE(authenticator.review(token, {}, *world.api.view().current(),
                                   {.username = "vault", .address = "10.0.0.9:1"}));
  const auto contents = world.ledger.contents(whole_seconds(world.api.clock().now()));
  ASSERT_EQ(contents.entries.size(), 1U);
  const auto& sources = contents.entries.front().sources;
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].address, "10.0.0.9");
  EXPECT_EQ(sources[0].reviewer, "vault");
  EXPECT_EQ(sources[1].address, "10.0.0.7");
  EXPECT_EQ(sources[1].reviewer, "");
}

TEST_F(Authentication, a_key_that_may_yet_be_found_is_asked_for_once) {
  const auto strange =
      request("Bearer " + world.sign(R"({"iss":"https://foo.bar.example.com"})", 1));
  const auto ask = [&](const net::Request& asked, MissingKey missing) {
    const auto caller =
        authenticator.authenticate(asked, "/api", *world.api.view().current(), missing);
    return caller ? ErrorKind::conflict : caller.error().kind;
  };
  EXPECT_EQ(ask(strange, MissingKey::look_for), ErrorKind::unauthenticated) << "nobody can look";

  authenticator = Authenticator(
      {&tokens}, {.anonymous = {}, .api_audiences = {}, .later_keys = &world.reviewer}, metrics);
  const auto errors = [this] {
    return metrics.counter("authentication_attempts", "", {{"result", "error"}}).value();
  };
  const auto before = errors();
  EXPECT_EQ(ask(strange, MissingKey::look_for), ErrorKind::unavailable);
  EXPECT_EQ(errors(), before) << "the second time is what counts";
  EXPECT_EQ(ask(strange, MissingKey::refuse), ErrorKind::unauthenticated);
  EXPECT_EQ(errors(), before + 1);
  EXPECT_EQ(ask(request("Bearer nonsense"), MissingKey::look_for), ErrorKind::unauthenticated)
      << "what came before is forgotten";
}

TEST_F(Authentication, without_a_credential_the_caller_is_anonymous_if_that_is_allowed) {
  const auto caller = authenticate(request(""));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user.username, "system:anonymous");
  EXPECT_THAT(caller->user.groups, ElementsAre("system:unauthenticated"));
  EXPECT_THAT(caller->warnings, IsEmpty());
  const auto spaced = authenticate(request("Bearer  " + world.token()));
  ASSERT_TRUE(spaced);
  EXPECT_EQ(spaced->user.username, "system:anonymous");
  EXPECT_THAT(spaced->warnings,
              ElementsAre("the provided Authorization header contains extra space before the "
                          "bearer token, and is ignored"));
  authenticator = make({.enabled = false, .paths = {}});
  EXPECT_FALSE(authenticate(request("")));
}

TEST_F(Authentication, anonymous_callers_can_be_held_to_paths) {
  authenticator = make({.enabled = true, .paths = {"/livez", "/api"}});
  EXPECT_TRUE(authenticate(request("")));
  const auto snapshot = world.api.view().current();
  EXPECT_TRUE(authenticator.authenticate(request(""), "/livez", *snapshot));
  for (const auto* path : {"/livez/", "/livez/ping", "/LIVEZ", "/", ""}) {
    EXPECT_FALSE(authenticator.authenticate(request(""), path, *snapshot)) << path;
  }
  EXPECT_TRUE(authenticator.authenticate(request("Bearer " + world.token()), "/x", *snapshot));
}

TEST_F(Authentication, two_authorizations_are_nobody_even_with_a_certificate) {
  auto asked = request("Bearer " + world.token());
  asked.headers.push_back(asked.headers.front());
  EXPECT_EQ(authenticate(asked).error().message, "more than one Authorization header");
  asked.peer = peer({.common_name = "alice"});
  EXPECT_FALSE(authenticate(asked));
}

TEST_F(Authentication, a_websocket_may_carry_its_token_as_a_subprotocol) {
  net::Request asked;
  asked.headers = {
      {"connection", "keep-alive, Upgrade"},
      {"upgrade", "websocket"},
      {"sec-websocket-protocol", cat("v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.",
                                     codec::base64url_encode(world.token()))}};
  const auto caller = authenticate(asked);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user.username, "system:serviceaccount:myns:test-svcacct");
  asked.headers[2].second = "base64url.bearer.authorization.k8s.io.eA, x";
  EXPECT_FALSE(authenticate(asked)) << "a bad token is nobody here too";
  asked.headers[2].second = "x";
  EXPECT_EQ(authenticate(asked)->user.username, "system:anonymous");
}

TEST_F(Authentication, a_certificate_comes_before_a_token) {
  auto asked = request("Bearer nonsense");
  asked.peer = peer(
      {.common_name = "alice", .organizations = {"dev", "system:authenticated"}, .sha256 = "ab"});
  const auto caller = authenticate(asked);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user.username, "alice");
  EXPECT_THAT(caller->user.groups, ElementsAre("dev", "system:authenticated"));
  EXPECT_THAT(caller->user.extra, ElementsAre(Pair("authentication.kubernetes.io/credential-id",
                                                   ElementsAre("X509SHA256=ab"))));
}

TEST_F(Authentication, a_certificate_without_a_name_is_none) {
  auto asked = request("");
  asked.peer = peer({.common_name = "", .organizations = {"system:masters"}, .uids = {"u"}});
  EXPECT_EQ(authenticate(asked)->user.username, "system:anonymous");
}

TEST_F(Authentication, a_certificate_may_name_one_uid) {
  auto asked = request("");
  asked.peer = peer({.common_name = "alice", .uids = {"u1"}});
  EXPECT_EQ(authenticate(asked)->user.uid, "u1");
  for (const auto& uids : {std::vector<std::string>{"u1", "u2"}, {""}}) {
    asked.peer = peer({.common_name = "alice", .uids = uids});
    EXPECT_FALSE(authenticate(asked));
  }
  asked.headers = {{"authorization", "Bearer " + world.token()}};
  EXPECT_EQ(authenticate(asked)->user.username, "system:serviceaccount:myns:test-svcacct");
}

TEST_F(Authentication, attempts_and_users_are_counted) {
  const auto user = [&](std::string name) {
    auto asked = request("");
    asked.peer = peer({.common_name = std::move(name)});
    EXPECT_TRUE(authenticate(asked));
  };
  for (const auto* name : {"admin", "kubelet", "jane@example.com", "jane", "joe"}) user(name);
  EXPECT_FALSE(authenticate(request("Bearer x")));
  authenticator = make({.enabled = false, .paths = {}});
  EXPECT_FALSE(authenticate(request("")));
  const auto text = metrics.text();
  for (const auto* line : {"authentication_attempts{result=\"success\"} 5\n",
                           "authentication_attempts{result=\"error\"} 1\n",
                           "authentication_attempts{result=\"failure\"} 1\n",
                           "authentication_duration_seconds_count{result=\"success\"} 5\n",
                           "authentication_duration_seconds_count{result=\"error\"} 1\n",
                           "authentication_duration_seconds_count{result=\"failure\"} 1\n",
                           "authenticated_user_requests{username=\"admin\"} 1\n",
                           "authenticated_user_requests{username=\"email_id\"} 1\n",
                           "authenticated_user_requests{username=\"other\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(Authentication, the_text_of_a_review_is_invalid_bearer_token_and_what_else_is_wrong) {
  const auto token = world.token();
  EXPECT_EQ(review(token), "good");
  EXPECT_EQ(review(token + "\n"), "good");
  EXPECT_EQ(review(token + " more"), "good");
  for (const auto* text : {"a.b", "a.b.c", "invalid token", R"({"payload":"e30"})"}) {
    EXPECT_EQ(review(text), "invalid bearer token") << text;
  }
  EXPECT_EQ(review(" " + token), "invalid bearer token") << "and not system:anonymous";
  EXPECT_EQ(
      review(world.token(R"({"audiences":["api"]})"), {"vault"}),
      R"([invalid bearer token, token audiences ["api"] is invalid for the target audiences ["vault"]])");
  world.api.clock().advance(std::chrono::seconds{3661});
  EXPECT_EQ(review(token), "[invalid bearer token, service account token has expired]");
}

TEST_F(Authentication, a_review_tells_what_happened_to_the_objects) {
  world.make_pod();
  const auto of_pod = world.token(bound("Pod", "test-pod"));
  const auto token = world.token();
  world.remove("pods/test-pod");
  EXPECT_EQ(review(of_pod), "[invalid bearer token, service account token has been invalidated]");
  world.remove("serviceaccounts/test-svcacct");
  EXPECT_EQ(review(token), R"([invalid bearer token, serviceaccounts "test-svcacct" not found])");
  world.ring.replace(identity::fixture::keys_of(1, {1}));
  EXPECT_EQ(review(token), "[invalid bearer token, invalid signature, no keys found]");
}

}  // namespace
}  // namespace signet::access
