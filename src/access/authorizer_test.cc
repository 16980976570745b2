#include "access/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"
#include "access/node_authorizer.h"
#include "access/rule.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using fixture::node_user;
using machinery::RequestInfo;

RequestInfo parse(std::string_view method, std::string_view target) {
  const auto mark = target.find('?');
  auto info = RequestInfo::parse(
      method, target.substr(0, mark),
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1));
  EXPECT_TRUE(info) << target;
  return info ? *info : RequestInfo{};
}

using Texts = std::string_view;
constexpr Texts get[] = {"get"};
constexpr Texts any[] = {"*"};
constexpr Texts core[] = {""};
constexpr Texts pods[] = {"pods"};
constexpr Texts logs[] = {"pods/log"};
constexpr Texts any_log[] = {"*/log"};
constexpr Texts pods_star[] = {"pods/*"};

constexpr Texts pods_path = "/api/v1/namespaces/n/pods/p";
constexpr Texts log_path = "/api/v1/namespaces/n/pods/p/log";

TEST(Rule, a_resource_does_not_cover_its_subresources) {
  const auto allows = [](std::span<const Texts> resources, std::string_view path) {
    return covers({.verbs = get, .groups = core, .resources = resources}, parse("GET", path));
  };
  EXPECT_TRUE(allows(pods, pods_path));
  EXPECT_FALSE(allows(pods, log_path));
  EXPECT_TRUE(allows(logs, log_path));
  EXPECT_FALSE(allows(logs, pods_path));
  EXPECT_TRUE(allows(any_log, log_path));
  EXPECT_FALSE(allows(any_log, pods_path));
  EXPECT_TRUE(allows(any, log_path));
  EXPECT_FALSE(allows(pods_star, log_path)) << "no wildcard";
}

TEST(Rule, verb_and_group_must_fit) {
  const Rule rule{.verbs = get, .groups = core, .resources = pods};
  EXPECT_FALSE(covers(rule, parse("DELETE", pods_path)));
  EXPECT_FALSE(covers(rule, parse("GET", "/apis/x/v1/namespaces/n/pods/p")));
  EXPECT_TRUE(covers({.verbs = any, .groups = any, .resources = pods},
                     parse("DELETE", "/apis/x/v1/namespaces/n/pods/p")));
}

TEST(Rule, names_never_cover_a_request_without_one) {
  constexpr Texts a[] = {"a"};
  const Rule rule{.verbs = any, .groups = core, .resources = pods, .names = a};
  EXPECT_TRUE(covers(rule, parse("GET", "/api/v1/namespaces/n/pods/a")));
  EXPECT_FALSE(covers(rule, parse("GET", "/api/v1/namespaces/n/pods/b")));
  EXPECT_FALSE(covers(rule, parse("GET", "/api/v1/namespaces/n/pods")));
  EXPECT_TRUE(
      covers(rule, parse("GET", "/api/v1/namespaces/n/pods?fieldSelector=metadata.name=a")));
  EXPECT_FALSE(covers(rule, parse("POST", "/api/v1/namespaces/n/pods")));
}

TEST(Rule, paths_are_equal_or_begin_with_what_stands_before_the_star) {
  constexpr Texts below_api[] = {"/api/*"};
  constexpr Texts exact[] = {"/version"};
  const auto allows = [](std::span<const Texts> paths, std::string_view path) {
    return covers({.verbs = get, .paths = paths}, parse("GET", path));
  };
  EXPECT_TRUE(allows(below_api, "/api/v1"));
  EXPECT_FALSE(allows(below_api, "/api"));
  EXPECT_TRUE(allows(exact, "/version"));
  EXPECT_FALSE(allows(exact, "/version/x"));
  EXPECT_TRUE(allows(any, "/whatever"));
  EXPECT_FALSE(allows(any, pods_path)) << "paths say nothing about resources";
}

class Authorization : public testing::Test {
 protected:
  Cluster cluster;
  Authorizer authorizer{{}};

  static token::UserInfo user(std::string name, std::vector<std::string> groups) {
    return {.username = std::move(name), .uid = {}, .groups = std::move(groups), .extra = {}};
  }
  Decision decide(const token::UserInfo& who, std::string_view method, std::string_view target) {
    return authorizer.authorize(who, parse(method, target), *cluster.api.view().current());
  }
  // "yes", or the reason after "no: ".
  std::string node(std::string_view method, std::string_view target, std::string_view name = "n1") {
    const auto decision = decide(node_user(name), method, target);
    return decision.allowed ? "yes" : "no: " + decision.reason;
  }
};

TEST_F(Authorization, masters_may_everything) {
  const auto master = user("root", {"system:masters"});
  EXPECT_TRUE(decide(master, "DELETE", pods_path).allowed);
  EXPECT_TRUE(decide(master, "GET", "/metrics").allowed);
}

TEST_F(Authorization, everybody_may_what_kubernetes_gives_from_the_start) {
  const auto anonymous = user("system:anonymous", {"system:unauthenticated"});
  const auto alice = user("alice", {"system:authenticated"});
  const auto account =
      user("system:serviceaccount:n:a", {"system:serviceaccounts", "system:authenticated"});
  EXPECT_TRUE(decide(anonymous, "GET", "/healthz").allowed);
  EXPECT_TRUE(decide(anonymous, "GET", "/version").allowed);
  EXPECT_FALSE(decide(anonymous, "GET", "/api").allowed);
  EXPECT_FALSE(decide(anonymous, "GET", "/openid/v1/jwks").allowed);
  EXPECT_TRUE(decide(alice, "GET", "/api").allowed);
  EXPECT_TRUE(decide(alice, "GET", "/apis/x/v1").allowed);
  EXPECT_FALSE(decide(alice, "GET", "/openid/v1/jwks").allowed);
  EXPECT_FALSE(decide(alice, "GET", "/metrics").allowed);
  EXPECT_TRUE(decide(alice, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews").allowed);
  EXPECT_FALSE(decide(alice, "POST", "/apis/authentication.k8s.io/v1/tokenreviews").allowed);
  EXPECT_FALSE(decide(alice, "GET", pods_path).allowed);
  EXPECT_TRUE(decide(account, "GET", "/openid/v1/jwks").allowed);
  EXPECT_TRUE(decide(account, "GET", "/.well-known/openid-configuration").allowed);
  EXPECT_FALSE(decide(account, "GET", "/openid/v1/jwks/x").allowed);
}

TEST_F(Authorization, public_discovery_opens_the_two_documents_and_nothing_else) {
  authorizer = Authorizer({.public_discovery = true});
  const auto anonymous = user("system:anonymous", {"system:unauthenticated"});
  EXPECT_TRUE(decide(anonymous, "GET", "/openid/v1/jwks").allowed);
  EXPECT_TRUE(decide(anonymous, "GET", "/.well-known/openid-configuration").allowed);
  EXPECT_FALSE(decide(anonymous, "POST", "/openid/v1/jwks").allowed);
  EXPECT_FALSE(decide(anonymous, "GET", "/api").allowed);
}

TEST_F(Authorization, a_node_is_name_and_group_together) {
  EXPECT_EQ(node_of(node_user("n1")), "n1");
  EXPECT_FALSE(node_of(user("system:node:n1", {"system:authenticated"})));
  EXPECT_FALSE(node_of(user("n1", {"system:nodes"})));
  EXPECT_FALSE(node_of(user("system:node:", {"system:nodes"})));
}

TEST_F(Authorization, nodes_read_the_secrets_and_config_maps_of_their_pods) {
  cluster.pod("p", R"(,"nodeName":"n1","volumes":[{"name":"v","secret":{"secretName":"s"}},)"
                   R"({"name":"w","projected":{"sources":[{"configMap":{"name":"cm"}}]}}])");
  constexpr std::string_view at = "/api/v1/namespaces/default/";
  EXPECT_EQ(node("GET", cat(at, "secrets/s")), "yes");
  EXPECT_EQ(node("GET", cat(at, "configmaps/cm")), "yes");
  EXPECT_EQ(node("GET", cat(at, "configmaps/kube-root-ca.crt")), "yes") << "the token volume";
  EXPECT_EQ(node("GET", cat(at, "configmaps?watch=true&fieldSelector=metadata.name=cm")), "yes");
  constexpr std::string_view unrelated =
      "no: no relationship found between node 'n1' and this object";
  EXPECT_EQ(node("GET", cat(at, "secrets/cm")), unrelated);
  EXPECT_EQ(node("GET", "/api/v1/namespaces/other/secrets/s"), unrelated);
  EXPECT_EQ(node("GET", cat(at, "secrets/s"), "n2"),
            "no: no relationship found between node 'n2' and this object");
  EXPECT_EQ(node("GET", cat(at, "secrets")), "no: No Object name found");
  EXPECT_EQ(node("GET", "/api/v1/secrets"), "no: can only read namespaced object of this type");
  EXPECT_EQ(node("GET", cat(at, "secrets/s/x")), "no: cannot read subresource");
  EXPECT_EQ(node("DELETE", cat(at, "secrets/s")), "no: can only read resources of this type");
  cluster.api.del(cat(at, "pods/p"), R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(node("GET", cat(at, "secrets/s")), unrelated);
}

TEST_F(Authorization, what_a_mirror_pod_names_opens_nothing) {
  cluster.api.admission().next = nullptr;  // as if admission had let it pass
  cluster.pod("p", R"(,"nodeName":"n1","volumes":[{"name":"v","secret":{"secretName":"s"}}])",
              R"(,"annotations":{"kubernetes.io/config.mirror":"x"})");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/secrets/s"),
            "no: no relationship found between node 'n1' and this object");
}

TEST_F(Authorization, nodes_ask_tokens_of_accounts_their_pods_run_as) {
  cluster.pod("p", R"(,"nodeName":"n1")");
  constexpr std::string_view at = "/api/v1/namespaces/default/serviceaccounts";
  EXPECT_EQ(node("POST", cat(at, "/default/token")), "yes");
  EXPECT_EQ(node("POST", cat(at, "/other/token")),
            "no: no relationship found between node 'n1' and this object");
  EXPECT_EQ(node("POST", cat(at, "/default/token"), "n2"),
            "no: no relationship found between node 'n2' and this object");
  EXPECT_EQ(node("DELETE", cat(at, "/default")),
            "no: can only create tokens for individual service accounts");
  EXPECT_EQ(node("POST", cat(at, "/default/other")),
            "no: can only create token subresource of serviceaccount");
}

TEST_F(Authorization, nodes_see_themselves_and_their_pods) {
  cluster.pod("p", R"(,"nodeName":"n1")");
  EXPECT_EQ(node("GET", "/api/v1/nodes/n1"), "yes");
  EXPECT_EQ(node("GET", "/api/v1/nodes/n2"),
            "no: node 'n1' cannot read 'n2', only its own Node object");
  EXPECT_EQ(node("GET", "/api/v1/nodes"),
            "no: node 'n1' cannot read all nodes, only its own Node object");
  EXPECT_EQ(node("PATCH", "/api/v1/nodes/n1/status"), "yes");
  EXPECT_EQ(node("DELETE", "/api/v1/nodes/n1"), "no: ");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/pods/p"), "yes");
  EXPECT_EQ(node("GET", "/api/v1/namespaces/default/pods/p", "n2"),
            "no: no relationship found between node 'n2' and this object");
  EXPECT_EQ(node("GET", "/api/v1/pods"),
            "no: can only list/watch pods with spec.nodeName field selector");
  EXPECT_EQ(node("GET", "/api/v1/pods?watch=true&fieldSelector=spec.nodeName=n1"), "yes");
  EXPECT_EQ(node("GET", "/api/v1/pods?fieldSelector=spec.nodeName=n2"),
            "no: can only list/watch pods with spec.nodeName field selector");
  EXPECT_EQ(node("GET", "/api/v1/pods?fieldSelector=spec.nodeName!=n1"),
            "no: can only list/watch pods with spec.nodeName field selector");
  EXPECT_EQ(node("PUT", "/api/v1/namespaces/default/pods/p"), "no: ");
  EXPECT_EQ(node("POST", "/api/v1/namespaces/default/pods/p/binding"), "no: ");
  EXPECT_EQ(node("DELETE", "/api/v1/namespaces/default/pods"), "no: ");
}

TEST_F(Authorization, nodes_review_tokens_and_write_events) {
  EXPECT_EQ(node("POST", "/apis/authentication.k8s.io/v1/tokenreviews"), "yes");
  EXPECT_EQ(node("POST", "/api/v1/namespaces/default/events"), "yes");
  EXPECT_EQ(node("DELETE", "/api/v1/namespaces/default/events/e"), "no: ");
  EXPECT_EQ(node("GET", "/api/v1/namespaces"), "no: ");
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
