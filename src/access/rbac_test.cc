#include "access/rbac.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "access/access_fixture_for_tests.h"
#include "access/rule.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using kinds::PolicyRule;
using machinery::RequestInfo;
using testing::ElementsAre;
using testing::IsEmpty;

token::UserInfo user(std::string name, std::vector<std::string> groups = {}) {
  return {.username = std::move(name), .uid = {}, .groups = std::move(groups), .extra = {}};
}

RequestInfo asks(std::string verb, std::string resource, std::string ns, std::string name = {}) {
  RequestInfo info;
  info.is_resource = true;
  info.verb = std::move(verb);
  info.version = "v1";
  info.resource = std::move(resource);
  info.namespace_name = std::move(ns);
  info.name = std::move(name);
  return info;
}

// Objects of RBAC, put where a store would put them.
class Policy {
 public:
  void put(const machinery::Kind& kind, std::string_view ns, std::string_view name,
           JsonObject rest) {
    JsonObject metadata{{"name", name}};
    if (!ns.empty()) metadata["namespace"] = ns;
    rest["metadata"] = std::move(metadata);
    commit(kind, ns, name, codec::to_json(Json(std::move(rest))));
  }
  void remove(const machinery::Kind& kind, std::string_view ns, std::string_view name) {
    commit(kind, ns, name, std::nullopt);
  }
  void role(std::string_view ns, std::string_view name, std::string_view rules) {
    put(ns.empty() ? kinds::cluster_role : kinds::role, ns, name,
        {{"rules", codec::parse_json(rules, {})->value}});
  }
  // `role` begins with "Role " or "ClusterRole ".
  void bind(std::string_view ns, std::string_view name, std::string_view role,
            std::string_view subjects) {
    const auto space = role.find(' ');
    put(ns.empty() ? kinds::cluster_role_binding : kinds::role_binding, ns, name,
        {{"roleRef", JsonObject{{"kind", role.substr(0, space)}, {"name", role.substr(space + 1)}}},
         {"subjects", codec::parse_json(subjects, {})->value}});
  }
  Decision decide(const token::UserInfo& who, const RequestInfo& request) const {
    return authorize_by_rbac(who, request, *view_.current());
  }
  bool allows(const token::UserInfo& who, const RequestInfo& request) const {
    return decide(who, request).allowed;
  }
  machinery::SnapshotPtr now() const { return view_.current(); }

 private:
  void commit(const machinery::Kind& kind, std::string_view ns, std::string_view name,
              std::optional<std::string> value) {
    std::vector<store::Event> events;
    events.push_back(
        {.key = machinery::store_key(kind, ns.empty() ? std::string(name) : cat(ns, '/', name)),
         .value = std::move(value),
         .revision = ++revision_,
         .attachment = nullptr});
    view_.committed(std::move(events));
  }

  machinery::View view_{fixture::kind_registry()};
  machinery::Revision revision_ = 0;
};

constexpr std::string_view read_pods =
    R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}])";
constexpr std::string_view alice = R"([{"kind":"User","name":"alice"}])";

TEST(Rbac, allows_what_a_binding_gives_and_says_by_which) {
  Policy policy;
  policy.role("n", "reader", read_pods);
  policy.bind("n", "b", "Role reader", alice);
  const auto decision = policy.decide(user("alice"), asks("get", "pods", "n", "p"));
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(decision.reason,
            R"(RBAC: allowed by RoleBinding "b/n" of Role "reader" to User "alice")");
  EXPECT_FALSE(policy.allows(user("alice"), asks("delete", "pods", "n", "p")));
  EXPECT_FALSE(policy.allows(user("alice"), asks("get", "secrets", "n", "p")));
  EXPECT_FALSE(policy.allows(user("bob"), asks("get", "pods", "n", "p")));
  EXPECT_EQ(policy.decide(user("bob"), asks("get", "pods", "n", "p")).reason, "");
}

TEST(Rbac, a_binding_of_a_namespace_holds_there_alone_whatever_the_role) {
  Policy policy;
  policy.role("", "reader", read_pods);
  policy.bind("n", "b", "ClusterRole reader", alice);
  EXPECT_TRUE(policy.allows(user("alice"), asks("get", "pods", "n", "p")));
  EXPECT_FALSE(policy.allows(user("alice"), asks("get", "pods", "m", "p")));
  EXPECT_FALSE(policy.allows(user("alice"), asks("get", "pods", "", "p")));
}

TEST(Rbac, a_binding_of_the_cluster_holds_everywhere) {
  Policy policy;
  policy.role("", "reader", read_pods);
  policy.bind("", "b", "ClusterRole reader", R"([{"kind":"Group","name":"dev"}])");
  const auto decision = policy.decide(user("x", {"dev"}), asks("get", "pods", "m", "p"));
  EXPECT_EQ(decision.reason,
            R"(RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to Group "dev")");
  EXPECT_TRUE(policy.allows(user("x", {"dev"}), asks("get", "pods", "", "p")));
  EXPECT_FALSE(policy.allows(user("dev"), asks("get", "pods", "", "p"))) << "a group is no user";
}

TEST(Rbac, service_accounts_are_bound_by_name_and_namespace) {
  Policy policy;
  policy.role("", "reader", read_pods);
  policy.bind("n", "here", "ClusterRole reader", R"([{"kind":"ServiceAccount","name":"web"}])");
  policy.bind("", "there", "ClusterRole reader",
              R"([{"kind":"ServiceAccount","name":"db"},
                  {"kind":"ServiceAccount","name":"ci","namespace":"m"}])");
  const auto request = asks("get", "pods", "n", "p");
  EXPECT_EQ(policy.decide(user("system:serviceaccount:n:web"), request).reason,
            R"(RBAC: allowed by RoleBinding "here/n" of ClusterRole "reader" to )"
            R"(ServiceAccount "web/n")");
  EXPECT_FALSE(policy.allows(user("system:serviceaccount:m:web"), request));
  EXPECT_TRUE(policy.allows(user("system:serviceaccount:m:ci"), request));
  EXPECT_FALSE(policy.allows(user("system:serviceaccount:n:db"), request)) << "of which namespace?";
}

TEST(Rbac, a_star_is_a_name_like_any_other) {
  Policy policy;
  policy.role("", "reader", read_pods);
  policy.bind("", "b", "ClusterRole reader",
              R"([{"kind":"User","name":"*"},{"kind":"Group","name":"*"}])");
  EXPECT_FALSE(policy.allows(user("alice", {"dev"}), asks("get", "pods", "n")));
  EXPECT_TRUE(policy.allows(user("*"), asks("get", "pods", "n")));
}

TEST(Rbac, names_are_compared_with_their_case) {
  Policy policy;
  policy.role("", "reader", read_pods);
  policy.bind("", "b", "ClusterRole reader", alice);
  EXPECT_FALSE(policy.allows(user("Alice"), asks("get", "pods", "n")));
  EXPECT_FALSE(policy.allows(user("alice "), asks("get", "pods", "n")));
}

TEST(Rbac, a_role_that_is_missing_allows_nothing_and_is_told_once) {
  Policy policy;
  policy.bind("", "a", "ClusterRole gone", alice);
  policy.bind("", "b", "ClusterRole gone", alice);
  const auto request = asks("get", "pods", "n");
  EXPECT_EQ(policy.decide(user("alice"), request).reason,
            R"(RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found)");
  policy.bind("n", "c", "Role lost", alice);
  EXPECT_EQ(policy.decide(user("alice"), request).reason,
            R"(RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, )"
            R"(role.rbac.authorization.k8s.io "lost" not found])");
  policy.role("n", "lost", read_pods);
  EXPECT_TRUE(policy.allows(user("alice"), request));
}

TEST(Rbac, a_role_of_another_namespace_is_not_meant) {
  Policy policy;
  policy.role("m", "reader", read_pods);
  policy.bind("n", "b", "Role reader", alice);
  EXPECT_FALSE(policy.allows(user("alice"), asks("get", "pods", "n")));
}

TEST(Rbac, a_change_holds_in_the_next_snapshot_and_not_in_older_ones) {
  Policy policy;
  policy.role("n", "reader", read_pods);
  policy.bind("n", "b", "Role reader", alice);
  const auto before = policy.now();
  policy.role("n", "reader", "[]");
  const auto request = asks("get", "pods", "n");
  EXPECT_FALSE(policy.allows(user("alice"), request));
  EXPECT_TRUE(authorize_by_rbac(user("alice"), request, *before).allowed);
  policy.role("n", "reader", read_pods);
  policy.remove(kinds::role_binding, "n", "b");
  EXPECT_FALSE(policy.allows(user("alice"), request));
}

TEST(Rbac, paths_are_given_by_the_cluster_alone) {
  Policy policy;
  policy.role("", "metrics", R"([{"verbs":["get"],"nonResourceURLs":["/metrics"]}])");
  policy.bind("n", "here", "ClusterRole metrics", alice);
  RequestInfo request;
  request.verb = "get";
  request.path = "/metrics";
  EXPECT_FALSE(policy.allows(user("alice"), request));
  policy.bind("", "everywhere", "ClusterRole metrics", alice);
  EXPECT_TRUE(policy.allows(user("alice"), request));
}

TEST(RulesHeld, are_those_of_each_binding_once) {
  Policy policy;
  policy.role("", "reader", read_pods);
  policy.bind("n", "b", "ClusterRole reader",
              R"([{"kind":"Group","name":"dev"},{"kind":"User","name":"alice"}])");
  const auto held = rules_held(user("alice", {"dev", "dev"}), "n", *policy.now());
  EXPECT_EQ(held.rules.size(), 1U);
  EXPECT_TRUE(held.errors.empty());
  EXPECT_THAT(rules_held(user("alice", {"dev"}), "m", *policy.now()).rules, IsEmpty());
}

// ---- beside an evaluator that looks at everything

std::string pick(std::mt19937& random, std::initializer_list<const char*> from) {
  return from.begin()[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)];
}

std::string random_rules(std::mt19937& random) {
  JsonArray rules;
  for (int i = std::uniform_int_distribution(0, 2)(random); i >= 0; --i) {
    JsonObject rule{
        {"verbs", JsonArray{pick(random, {"get", "list", "*", "create"})}},
        {"apiGroups", JsonArray{pick(random, {"", "apps", "*"})}},
        {"resources",
         JsonArray{pick(random, {"pods", "secrets", "*", "pods/log", "*/log", "pods/*"})}}};
    if (random() % 3 == 0) rule["resourceNames"] = JsonArray{pick(random, {"a", "b"})};
    rules.push_back(std::move(rule));
  }
  return codec::to_json(Json(std::move(rules)));
}

std::string random_subjects(std::mt19937& random) {
  JsonArray subjects;
  for (int i = std::uniform_int_distribution(0, 2)(random); i >= 0; --i) {
    JsonObject subject{{"kind", pick(random, {"User", "Group", "ServiceAccount"})},
                       {"name", pick(random, {"alice", "bob", "dev", "ops", "web"})}};
    if (random() % 2 == 0) subject["namespace"] = pick(random, {"n", "m"});
    subjects.push_back(std::move(subject));
  }
  return codec::to_json(Json(std::move(subjects)));
}

bool naive_subject(const Json& subject, const token::UserInfo& who, std::string_view ns) {
  const auto kind = codec::string_at(subject, "kind");
  const auto name = codec::string_at(subject, "name");
  if (kind == "User") return who.username == name;
  if (kind == "Group") return std::ranges::find(who.groups, name) != who.groups.end();
  auto of = codec::string_at(subject, "namespace");
  if (of.empty()) of = ns;
  return !of.empty() && who.username == cat("system:serviceaccount:", of, ':', name);
}

// Looks at every binding there is and parses everything.
bool naive_allows(const machinery::Snapshot& snapshot, const token::UserInfo& who,
                  const RequestInfo& request) {
  bool allowed = false;
  const auto look = [&](const machinery::Kind& kind, std::string_view prefix) {
    snapshot.for_each(kind, prefix, prefix, [&](const machinery::ObjectPtr& object) {
      const auto binding = object->parse();
      const auto ns = object->namespace_name();
      for (const Json& subject : codec::array_at(binding, "subjects")) {
        if (!naive_subject(subject, who, ns)) continue;
        const auto name = codec::string_at(binding, "roleRef.name");
        const auto* role = codec::string_at(binding, "roleRef.kind") == "Role"
                               ? snapshot.find(kinds::role, cat(ns, '/', name))
                               : snapshot.find(kinds::cluster_role, name);
        if (role == nullptr) continue;
        for (const auto& rule : kinds::policy_rules(role->parse())) {
          allowed = allowed || covers(rule, request);
        }
      }
      return true;
    });
  };
  look(kinds::cluster_role_binding, "");
  if (!request.namespace_name.empty()) look(kinds::role_binding, request.namespace_name + "/");
  return allowed;
}

TEST(Rbac, decides_as_somebody_who_looks_at_everything) {
  std::mt19937 random(20'261'128);  // NOLINT(cert-msc51-cpp): the same policies each time
  int allowed = 0;
  for (int round = 0; round < 40; ++round) {
    Policy policy;
    for (const auto* name : {"r", "s", "t"}) {
      policy.role("", name, random_rules(random));
      policy.role("n", name, random_rules(random));
    }
    for (int i = 0; i < 6; ++i) {
      const bool cluster = random() % 2 == 0;
      const auto kind =
          cluster ? std::string("ClusterRole") : pick(random, {"ClusterRole", "Role"});
      policy.bind(cluster ? "" : pick(random, {"n", "m"}), cat("b", i),
                  cat(kind, ' ', pick(random, {"r", "s", "t", "missing"})),
                  random_subjects(random));
    }
    const auto snapshot = policy.now();
    for (int i = 0; i < 60; ++i) {
      const auto who = user(pick(random, {"alice", "bob", "system:serviceaccount:n:web",
                                          "system:serviceaccount:m:dev"}),
                            {pick(random, {"dev", "ops"}), pick(random, {"dev", "x"})});
      auto request =
          asks(pick(random, {"get", "list", "create"}), pick(random, {"pods", "secrets"}),
               pick(random, {"n", "m", ""}), pick(random, {"", "a", "b"}));
      request.group = pick(random, {"", "apps"});
      request.subresource = pick(random, {"", "", "log"});
      const bool wanted = naive_allows(*snapshot, who, request);
      ASSERT_EQ(authorize_by_rbac(who, request, *snapshot).allowed, wanted) << "round " << round;
      allowed += wanted ? 1 : 0;
    }
  }
  EXPECT_GT(allowed, 200) << "or the test says nothing";
}

}  // namespace
}  // namespace signet::access
