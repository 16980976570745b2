#include "access/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"
#include "access/request_for_tests.h"
#include "access/rule.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using fixture::parse;

constexpr std::string_view pods_path = "/api/v1/namespaces/n/pods/p";

class Authorization : public testing::Test {
 protected:
  Authorization() { cluster.add_bootstrap_policy(); }

  Cluster cluster;
  Authorizer authorizer{{}};

  static token::UserInfo user(std::string name, std::vector<std::string> groups) {
    return {.username = std::move(name), .uid = {}, .groups = std::move(groups), .extra = {}};
  }
  Decision decide(const token::UserInfo& who, std::string_view method, std::string_view target) {
    return authorizer.authorize(who, parse(method, target), *cluster.api.view().current());
  }
};

TEST_F(Authorization, masters_may_everything) {
  const auto master = user("root", {"system:masters"});
  EXPECT_TRUE(decide(master, "DELETE", pods_path).allowed);
  EXPECT_TRUE(decide(master, "GET", "/metrics").allowed);
}

TEST_F(Authorization, anonymous_discovery_opens_the_two_documents_and_nothing_else) {
  authorizer = Authorizer({.anonymous_discovery = true});
  const auto anonymous = user("system:anonymous", {"system:unauthenticated"});
  EXPECT_TRUE(decide(anonymous, "GET", "/openid/v1/jwks").allowed);
  EXPECT_TRUE(decide(anonymous, "GET", "/.well-known/openid-configuration").allowed);
  EXPECT_FALSE(decide(anonymous, "POST", "/openid/v1/jwks").allowed);
  EXPECT_FALSE(decide(anonymous, "GET", "/api").allowed);
}

TEST_F(Authorization, a_node_may_also_what_roles_say_and_hears_both_reasons) {
  const auto node = fixture::node_user("n1");
  cluster.make("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
               R"({"metadata":{"name":"b"},"subjects":[{"kind":"Group","name":"system:nodes"}],
                   "roleRef":{"kind":"Role","name":"reader"}})");
  EXPECT_EQ(decide(node, "GET", "/api/v1/namespaces/default/secrets/s").reason,
            "no relationship found between node 'n1' and this object\n"
            "RBAC: role.rbac.authorization.k8s.io \"reader\" not found");
  cluster.make("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
               R"({"metadata":{"name":"reader"},
                   "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["secrets"]}]})");
  EXPECT_TRUE(decide(node, "GET", "/api/v1/namespaces/default/secrets/s").allowed);
}

TEST(Refusal, says_who_may_not_do_what_where) {
  const token::UserInfo alice{.username = "alice", .uid = {}, .groups = {}, .extra = {}};
  const auto text = [&](std::string_view method, std::string_view path, std::string_view why = "") {
    return machinery::to_json(forbidden(alice, parse(method, path), why));
  };
  using testing::HasSubstr;
  EXPECT_THAT(
      text("GET", "/api/v1/namespaces/default/pods/x/log"),
      HasSubstr(
          R"("message":"pods \"x\" is forbidden: User \"alice\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"default\"","reason":"Forbidden","details":{"name":"x","kind":"pods"},"code":403)"));
  EXPECT_THAT(
      text("GET", "/api/v1/pods"),
      HasSubstr(
          R"("message":"pods is forbidden: User \"alice\" cannot list resource \"pods\" in API group \"\" at the cluster scope")"));
  EXPECT_THAT(text("GET", "/api"),
              HasSubstr(R"("message":"forbidden: User \"alice\" cannot get path \"/api\"")"));
  EXPECT_THAT(text("GET", "/api", "because"), HasSubstr(R"(path \"/api\": because")"));
  EXPECT_THAT(
      text("POST", "/apis/authentication.k8s.io/v1/tokenreviews"),
      HasSubstr(
          R"(tokenreviews.authentication.k8s.io is forbidden: User \"alice\" cannot create resource \"tokenreviews\" in API group \"authentication.k8s.io\" at the cluster scope)"));
  EXPECT_THAT(forbidden({.username = "<a&b>", .uid = {}, .groups = {}, .extra = {}},
                        parse("GET", "/api"), "")
                  .message,
              HasSubstr(R"(User "&lt;a&amp;b&gt;" cannot)"));
}

}  // namespace
}  // namespace signet::access
