#include "access/bootstrap_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "access/access_fixture_for_tests.h"
#include "access/authorizer.h"

namespace signet::access {
namespace {

using codec::string_at;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view rbac = "/apis/rbac.authorization.k8s.io/v1/";

std::set<std::string> names_of(const machinery::Kind& kind) {
  std::set<std::string> out;
  for (const auto& object : bootstrap_policy()) {
    if (object.kind == &kind) out.emplace(string_at(object.json, "metadata.name"));
  }
  return out;
}

TEST(BootstrapPolicy, has_what_kubernetes_has) {
  const auto roles = names_of(kinds::cluster_role);
  for (const auto* name :
       {"cluster-admin", "admin", "edit", "view", "system:public-info-viewer", "system:discovery",
        "system:basic-user", "system:service-account-issuer-discovery", "system:auth-delegator",
        "system:node", "system:monitoring", "system:aggregate-to-admin", "system:aggregate-to-edit",
        "system:aggregate-to-view"}) {
    EXPECT_THAT(roles, Contains(name));
  }
  const auto bindings = names_of(kinds::cluster_role_binding);
  for (const auto* name : {"admin", "edit", "view", "system:auth-delegator"}) {
    EXPECT_THAT(bindings, Not(Contains(name))) << "is given to nobody";
  }
  EXPECT_THAT(names_of(kinds::role), Contains("extension-apiserver-authentication-reader"));
}

TEST(BootstrapPolicy, says_of_each_object_where_it_comes_from_and_that_it_is_kept_up) {
  std::set<std::pair<const machinery::Kind*, std::string>> seen;
  for (const auto& object : bootstrap_policy()) {
    const std::string name(string_at(object.json, "metadata.name"));
    const auto& labels = codec::object_at(object.json, "metadata.labels");
    const auto& annotations = codec::object_at(object.json, "metadata.annotations");
    ASSERT_TRUE(labels.contains("kubernetes.io/bootstrapping")) << name;
    EXPECT_EQ(labels.at("kubernetes.io/bootstrapping"), "rbac-defaults") << name;
    ASSERT_TRUE(annotations.contains(auto_update_annotation)) << name;
    EXPECT_EQ(annotations.at(auto_update_annotation), "true") << name;
    EXPECT_TRUE(seen.emplace(object.kind, name).second) << name << " is there twice";
  }
}

TEST(BootstrapPolicy, binds_roles_that_are_there_and_nobody_to_the_nodes_role) {
  const auto roles = names_of(kinds::cluster_role);
  for (const auto& object : bootstrap_policy()) {
    if (object.kind != &kinds::cluster_role_binding) continue;
    EXPECT_THAT(roles, Contains(string_at(object.json, "roleRef.name")));
    EXPECT_EQ(codec::array_at(object.json, "subjects").empty(),
              string_at(object.json, "metadata.name") == "system:node");
  }
}

// What the whole of it lets somebody do, through a server that has it and nothing else.
class FromTheStart : public testing::Test {
 protected:
  FromTheStart() { cluster.add_bootstrap_policy(); }

  // "GET /api": may a user with that name and these groups?
  bool may(std::string_view what, std::vector<std::string> groups, std::string name = "somebody") {
    const auto space = what.find(' ');
    const auto request =
        machinery::RequestInfo::parse(what.substr(0, space), what.substr(space + 1), "");
    EXPECT_TRUE(request) << what;
    const token::UserInfo user{
        .username = std::move(name), .uid = {}, .groups = std::move(groups), .extra = {}};
    return request && authorizer.authorize(user, *request, *cluster.api.view().current()).allowed;
  }
  // In the namespace default, by one role alone.
  bool role_lets(std::string_view role, std::string_view what) {
    const auto name = cat("uses-", role.substr(role.rfind('-') + 1));
    if (given.insert(name).second) {
      cluster.make(cat(rbac, "namespaces/default/rolebindings"),
                   cat(R"({"metadata":{"name":")", name, R"("},"roleRef":{"kind":"ClusterRole",
                           "name":")",
                       role, R"("},"subjects":[{"kind":"User","name":")", name, "\"}]}"));
    }
    return may(what, {}, name);
  }

  fixture::Cluster cluster;
  Authorizer authorizer{{}};
  std::set<std::string> given;
};

TEST_F(FromTheStart, nobody_may_what_no_binding_says) {
  for (const auto* what : {"GET /api/v1/pods", "GET /api/v1/namespaces/default/secrets/s",
                           "POST /apis/authentication.k8s.io/v1/tokenreviews", "GET /metrics"}) {
    EXPECT_FALSE(may(what, {"system:authenticated"})) << what;
    EXPECT_FALSE(may(what, {"system:unauthenticated"}, "system:anonymous")) << what;
    EXPECT_FALSE(may(what, {"system:nodes"})) << what << ": a group of nodes is not enough";
  }
}

TEST_F(FromTheStart, who_is_known_may_look_around_and_ask_about_himself) {
  for (const auto* what :
       {"GET /api", "GET /apis/apps", "GET /openapi/v3", "GET /version", "GET /healthz",
        "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
        "POST /apis/authentication.k8s.io/v1/selfsubjectreviews"}) {
    EXPECT_TRUE(may(what, {"system:authenticated"})) << what;
  }
  EXPECT_FALSE(may("GET /openid/v1/jwks", {"system:authenticated"}));
  EXPECT_TRUE(may("GET /openid/v1/jwks", {"system:serviceaccounts"}));
  EXPECT_TRUE(may("GET /.well-known/openid-configuration", {"system:serviceaccounts"}));
  EXPECT_FALSE(may("GET /openid/v1/jwks/x", {"system:serviceaccounts"}));
  EXPECT_FALSE(may("DELETE /api", {"system:authenticated"}));
}

TEST_F(FromTheStart, who_is_not_known_sees_that_it_is_alive) {
  EXPECT_TRUE(may("GET /livez", {"system:unauthenticated"}));
  EXPECT_TRUE(may("GET /healthz", {"system:unauthenticated"}));
  EXPECT_TRUE(may("GET /version", {"system:unauthenticated"}));
  EXPECT_FALSE(may("GET /livez/ping", {"system:unauthenticated"}));
  EXPECT_FALSE(may("GET /api", {"system:unauthenticated"}));
  EXPECT_FALSE(may("GET /openid/v1/jwks", {"system:unauthenticated"}));
}

TEST_F(FromTheStart, monitors_read_metrics) {
  EXPECT_TRUE(may("GET /metrics", {"system:monitoring"}));
  EXPECT_TRUE(may("GET /readyz/ping", {"system:monitoring"}));
  EXPECT_FALSE(may("GET /api/v1/pods", {"system:monitoring"}));
}

constexpr std::string_view here = " /api/v1/namespaces/default/";
constexpr std::string_view roles_here =
    " /apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";

TEST_F(FromTheStart, readers_see_neither_secrets_nor_roles) {
  const auto view = [&](std::string_view verb, std::string_view what) {
    return role_lets("system:aggregate-to-view", cat(verb, here, what));
  };
  EXPECT_TRUE(view("GET", "pods"));
  EXPECT_TRUE(view("GET", "pods/p/log"));
  EXPECT_TRUE(view("GET", "configmaps/c"));
  EXPECT_FALSE(view("GET", "secrets"));
  EXPECT_FALSE(view("GET", "secrets/s"));
  EXPECT_FALSE(view("GET", "pods/p/exec"));
  EXPECT_FALSE(view("POST", "pods"));
  EXPECT_FALSE(view("POST", "serviceaccounts/a/token"));
  EXPECT_FALSE(role_lets("system:aggregate-to-view", cat("GET", roles_here)));
}

TEST_F(FromTheStart, editors_make_pods_secrets_and_tokens_but_no_roles) {
  const auto edit = [&](std::string_view verb, std::string_view what) {
    return role_lets("system:aggregate-to-edit", cat(verb, here, what));
  };
  EXPECT_TRUE(edit("POST", "pods"));
  EXPECT_TRUE(edit("POST", "pods/p/eviction"));
  EXPECT_TRUE(edit("GET", "secrets/s"));
  EXPECT_TRUE(edit("POST", "serviceaccounts/a/token"));
  EXPECT_FALSE(edit("PATCH", "namespaces/default"));
  EXPECT_FALSE(edit("PATCH", "pods/p/status"));
  EXPECT_FALSE(role_lets("system:aggregate-to-edit", cat("POST", roles_here)));
}

TEST_F(FromTheStart, administrators_write_roles_and_may_not_escalate) {
  const auto admin = [&](std::string_view what) {
    return role_lets("system:aggregate-to-admin", what);
  };
  EXPECT_TRUE(admin(cat("POST", roles_here)));
  EXPECT_TRUE(admin(cat("DELETE", roles_here, "/r")));
  EXPECT_TRUE(
      admin("POST /apis/authorization.k8s.io/v1/namespaces/default/"
            "localsubjectaccessreviews"));
  EXPECT_FALSE(admin(cat("POST /apis/rbac.authorization.k8s.io/v1/clusterroles")));
  for (const auto& object : bootstrap_policy()) {
    const auto rules = codec::to_json(codec::array_at(object.json, "rules"));
    EXPECT_THAT(rules, Not(HasSubstr("\"escalate\"")));
    EXPECT_THAT(rules, Not(HasSubstr("\"bind\"")));
  }
}

TEST(BootstrapPolicy, collects_readers_into_editors_into_administrators) {
  const auto label = [](std::string_view name, std::string_view of) {
    for (const auto& object : bootstrap_policy()) {
      if (object.kind != &kinds::cluster_role) continue;
      if (string_at(object.json, "metadata.name") != name) continue;
      return codec::object_at(object.json, "metadata.labels")
          .contains(cat("rbac.authorization.k8s.io/aggregate-to-", of));
    }
    return false;
  };
  EXPECT_TRUE(label("system:aggregate-to-view", "view"));
  EXPECT_TRUE(label("view", "edit"));
  EXPECT_TRUE(label("system:aggregate-to-edit", "edit"));
  EXPECT_TRUE(label("edit", "admin"));
  EXPECT_TRUE(label("system:aggregate-to-admin", "admin"));
  EXPECT_FALSE(label("view", "admin")) << "comes with edit";
}

}  // namespace
}  // namespace signet::access
