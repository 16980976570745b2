#include "access/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/identity_fixture_for_tests.h"

namespace signet::access {
namespace {

using identity::fixture::bound;
using identity::fixture::World;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(BearerText, is_the_second_of_words_that_single_spaces_part) {
  struct Row {
    std::string_view header;
    std::string_view token;  // "": no credential
    bool extra_space = false;
  };
  for (const auto& row :
       {Row{"Bearer t", "t"}, Row{"bearer t", "t"}, Row{"BEARER t", "t"},
        Row{"  Bearer t \r\n", "t"}, Row{"Bearer t third", "t"}, Row{"Bearer", ""},
        Row{"Bearer ", ""}, Row{"Bearer: t", ""}, Row{"bear t", ""}, Row{"Basic dTpw", ""},
        Row{"", ""}, Row{" ", ""}, Row{"Bearer\tt", ""}, Row{"Bearer  t", "", true}}) {
    const auto text = bearer_text(row.header);
    EXPECT_EQ(text.token.value_or(""), row.token) << row.header;
    EXPECT_EQ(text.token.has_value(), !row.token.empty()) << row.header;
    EXPECT_EQ(text.extra_space, row.extra_space) << row.header;
  }
}

class Authentication : public testing::Test {
 protected:
  World world;
  const std::string account = world.make_account();
  Authenticator authenticator{world.reviewer, {.anonymous = true}};

  static net::Request request(std::string authorization) {
    net::Request out;
    if (!authorization.empty()) out.headers = {{"authorization", std::move(authorization)}};
    return out;
  }
  Result<Caller> authenticate(const net::Request& asked) {
    return authenticator.authenticate(asked, *world.api.view().current());
  }
  std::string review(std::string_view text, std::vector<std::string> audiences = {}) {
    const auto reviewed = authenticator.review(text, audiences, *world.api.view().current());
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
  Authenticator strict(world.reviewer, {.anonymous = false});
  EXPECT_FALSE(strict.authenticate(request(""), *world.api.view().current()));
}

TEST_F(Authentication, a_certificate_comes_before_a_token) {
  auto asked = request("Bearer nonsense");
  asked.peer = std::make_shared<const net::PeerCertificate>(net::PeerCertificate{
      .common_name = "alice", .organizations = {"dev", "system:authenticated"}, .sha256 = "ab"});
  const auto caller = authenticate(asked);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user.username, "alice");
  EXPECT_THAT(caller->user.groups, ElementsAre("dev", "system:authenticated"));
  EXPECT_THAT(caller->user.extra, ElementsAre(Pair("authentication.kubernetes.io/credential-id",
                                                   ElementsAre("X509SHA256=ab"))));
}

TEST_F(Authentication, a_certificate_without_a_name_is_none) {
  auto asked = request("");
  asked.peer = std::make_shared<const net::PeerCertificate>(
      net::PeerCertificate{.common_name = "", .organizations = {"system:masters"}, .sha256 = "ab"});
  EXPECT_EQ(authenticate(asked)->user.username, "system:anonymous");
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
