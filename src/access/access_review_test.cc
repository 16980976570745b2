#include "access/access_review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view root = "/apis/authorization.k8s.io/v1/";
constexpr std::string_view local =
    "/apis/authorization.k8s.io/v1/namespaces/n/localsubjectaccessreviews";

class AccessReviews : public testing::Test {
 protected:
  AccessReviews() {
    api.thread().run([this] { add_access_reviews(api.api(), authorizer); });
  }
  ~AccessReviews() override { api.stop(); }

  fixture::Reply ask(std::string_view resource, std::string_view spec,
                     const token::UserInfo& user = fixture::ApiFixture::admin()) {
    return api.send("POST", cat(root, resource), cat(R"({"spec":)", spec, "}"), {}, 0, user);
  }
  void make(std::string_view path, std::string_view body) {
    const auto made = api.post(cat("/apis/rbac.authorization.k8s.io/v1/", path), std::string(body));
    EXPECT_EQ(made.status, 201) << made.body;
  }
  // Rules for a group, in the namespace n or everywhere.
  void grant(std::string_view group, std::string_view rules, bool everywhere = false) {
    const std::string_view scope = everywhere ? "cluster" : "namespaces/n/";
    make(cat(scope, "roles"),
         cat(R"({"metadata":{"name":")", group, R"("},"rules":[)", rules, "]}"));
    make(cat(scope, "rolebindings"),
         cat(R"({"metadata":{"name":")", group, R"("},"roleRef":{"kind":")",
             everywhere ? "ClusterRole" : "Role", R"(","name":")", group,
             R"("},"subjects":[{"kind":"Group","name":")", group, R"("}]})"));
  }
  // What is wrong with the spec of a SubjectAccessReview.
  std::string refused(std::string_view spec) {
    const auto reply = ask("subjectaccessreviews", spec);
    EXPECT_EQ(reply.status, 422) << reply.body;
    constexpr std::string_view start =
        R"(SubjectAccessReview.authorization.k8s.io "" is invalid: )";
    const auto message = reply.at("message");
    EXPECT_THAT(message, StartsWith(start));
    return message.substr(start.size());
  }
  // What the answer says of the question's selectors.
  std::string problem(std::string_view selectors) {
    const auto reply =
        ask("subjectaccessreviews", cat(R"({"user":"u","resourceAttributes":{)", selectors, "}}"));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.at("status.evaluationError");
  }

  Authorizer authorizer{{}};
  fixture::ApiFixture api{fixture::kind_registry()};
};

TEST_F(AccessReviews, answer_with_the_question) {
  const auto reply = ask(
      "subjectaccessreviews",
      R"({"user":"x","groups":["system:masters"],"resourceAttributes":{"verb":"*","resource":"*","group":"*"}})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_THAT(
      reply.body,
      StartsWith(
          R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{"resourceAttributes":{"verb":"*","group":"*","resource":"*"},"user":"x","groups":["system:masters"]},"status":{"allowed":true)"));
}

TEST_F(AccessReviews, say_by_what_something_is_allowed) {
  make(
      "namespaces/n/roles",
      R"({"metadata":{"name":"r"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods/log"],
           "resourceNames":["p"]}]})");
  make("namespaces/n/rolebindings",
       R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"r"},
           "subjects":[{"kind":"User","name":"u"},{"kind":"ServiceAccount","name":"s"}]})");
  constexpr std::string_view attributes =
      R"(,"resourceAttributes":{"verb":"get","namespace":"n","resource":"pods","subresource":"log","name":)";
  const auto status = [&](std::string_view user, std::string_view name) {
    return ask("subjectaccessreviews",
               cat(R"({"user":")", user, '"', attributes, '"', name, R"("}})"))
        .at("status");
  };
  EXPECT_EQ(
      status("u", "p"),
      R"({"allowed":true,"reason":"RBAC: allowed by RoleBinding \"b/n\" of Role \"r\" to User \"u\""})");
  EXPECT_EQ(
      status("system:serviceaccount:n:s", "p"),
      R"({"allowed":true,"reason":"RBAC: allowed by RoleBinding \"b/n\" of Role \"r\" to ServiceAccount \"s/n\""})");
  EXPECT_EQ(status("u", "q"), R"({"allowed":false})");
  EXPECT_EQ(status("v", "p"), R"({"allowed":false})");
}

TEST_F(AccessReviews, take_no_namespace_for_a_part_of_a_name) {
  make(
      "namespaces/n/roles",
      R"({"metadata":{"name":"r"},"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]})");
  make("namespaces/n/rolebindings",
       R"({"metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"r"},
           "subjects":[{"kind":"User","name":"x y"},{"kind":"User","name":"1 z"}]})");
  const auto allowed = [&](std::string_view namespace_name, std::string_view user) {
    return ask("subjectaccessreviews",
               cat(R"({"user":")", user, R"(","resourceAttributes":{"namespace":")", namespace_name,
                   R"("}})"))
        .at("status.allowed");
  };
  EXPECT_EQ(allowed("n", "x y"), "true");
  for (const auto& [namespace_name, user] : {std::pair{"n x", "y"},
                                             {"n x ", "y"},
                                             {"n ", "x y"},
                                             {"", "nx y"},
                                             {"n", R"(x y\u0000)"},
                                             {R"(n\u0000)", "x y"},
                                             {"n1 ", "z"}}) {
    EXPECT_EQ(allowed(namespace_name, user), "false") << namespace_name << '|' << user;
  }
}

TEST_F(AccessReviews, say_which_role_is_missing) {
  make("clusterrolebindings",
       R"({"metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"gone"},
           "subjects":[{"kind":"User","name":"u"}]})");
  EXPECT_EQ(
      ask("subjectaccessreviews", R"({"user":"u","resourceAttributes":{"verb":"get"}})")
          .at("status"),
      R"({"allowed":false,"reason":"RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found"})");
}

TEST_F(AccessReviews, decide_on_paths_too) {
  grant("readers", R"({"verbs":["get"],"nonResourceURLs":["/version"]})", true);
  constexpr std::string_view spec =
      R"({"groups":["readers"],"nonResourceAttributes":{"path":"/version","verb":)";
  EXPECT_EQ(ask("subjectaccessreviews", cat(spec, R"("get"}})")).at("status.allowed"), "true");
  EXPECT_EQ(ask("subjectaccessreviews", cat(spec, R"("put"}})")).at("status"),
            R"({"allowed":false})");
}

TEST_F(AccessReviews, take_no_group_for_granted) {
  EXPECT_EQ(ask("subjectaccessreviews",
                R"({"user":"system:admin","nonResourceAttributes":{"path":"/api","verb":"get"}})")
                .at("status"),
            R"({"allowed":false})");
}

TEST_F(AccessReviews, ignore_a_status_that_the_client_made_up) {
  const auto reply =
      api.post(cat(root, "subjectaccessreviews"),
               R"({"spec":{"user":"x","resourceAttributes":{"verb":"get","resource":"pods"}},
                   "status":{"allowed":true,"denied":true,"reason":"because"}})");
  EXPECT_EQ(reply.at("status"), R"({"allowed":false})");
}

TEST_F(AccessReviews, of_oneself_are_about_the_caller) {
  constexpr std::string_view spec = R"({"resourceAttributes":{"verb":"get","resource":"pods"}})";
  EXPECT_EQ(ask("selfsubjectaccessreviews", spec).at("status.allowed"), "true");
  const token::UserInfo nobody{.username = "nobody", .uid = {}, .groups = {}, .extra = {}};
  const auto reply =
      ask("selfsubjectaccessreviews",
          R"({"user":"x","groups":["system:masters"],"resourceAttributes":{}})", nobody);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.at("spec"), R"({"resourceAttributes":{}})");
  EXPECT_EQ(reply.at("status"), R"({"allowed":false})");
}

TEST_F(AccessReviews, ask_one_question_about_somebody) {
  EXPECT_EQ(refused("{}"),
            R"([spec.resourceAttributes: Invalid value: "null": exactly one of )"
            R"(nonResourceAttributes or resourceAttributes must be specified, )"
            R"(spec.user: Invalid value: "": at least one of user or group must be specified])");
  EXPECT_EQ(
      refused(
          R"({"user":"u","resourceAttributes":{},"nonResourceAttributes":{"path":"/<","verb":"get"}})"),
      R"(spec.nonResourceAttributes: Invalid value: {"Path":"/\u003c","Verb":"get"}: cannot be )"
      "specified in combination with resourceAttributes");
  EXPECT_EQ(ask("selfsubjectaccessreviews", "{}").at("message"),
            R"(SelfSubjectAccessReview.authorization.k8s.io "" is invalid: )"
            R"(spec.resourceAttributes: Invalid value: "null": exactly one of )"
            "nonResourceAttributes or resourceAttributes must be specified");
}

TEST_F(AccessReviews, have_no_metadata) {
  constexpr std::string_view spec = R"("spec":{"user":"u","resourceAttributes":{}}})";
  const auto reply = api.post(cat(root, "subjectaccessreviews"),
                              cat(R"({"metadata":{"name":"x","labels":{"a":"b"}},)", spec));
  EXPECT_EQ(reply.at("details.causes"),
            R"([{"reason":"FieldValueInvalid","message":"Invalid value: {\"name\":\"x\",)"
            R"(\"labels\":{\"a\":\"b\"}}: must be empty","field":"metadata"}])");
  EXPECT_EQ(api.post(cat(root, "subjectaccessreviews"),
                     cat(R"({"metadata":{"creationTimestamp":null,"managedFields":[{"manager":"m",
                             "operation":"Update"}]},)",
                         spec))
                .status,
            201);
}

TEST_F(AccessReviews, of_a_namespace_are_about_it) {
  const auto reply =
      api.post(local, R"({"spec":{"user":"u","resourceAttributes":{"namespace":"n"}}})");
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.at("metadata"), R"({"namespace":"n"})");
  EXPECT_THAT(
      api.post(local, R"({"spec":{"user":"u","resourceAttributes":{"namespace":"m"}}})")
          .at("message"),
      HasSubstr(R"(invalid: spec.resourceAttributes.namespace: Invalid value: "m": must match )"
                "metadata.namespace"));
  EXPECT_THAT(
      api.post(local, R"({"metadata":{"name":"x"},"spec":{"user":"u","nonResourceAttributes":{}}})")
          .at("message"),
      HasSubstr(R"(invalid: [metadata: Invalid value: {"name":"x","namespace":"n"}: must be empty )"
                R"(except for namespace, spec.nonResourceAttributes: Invalid value: )"
                R"({"Path":"","Verb":""}: disallowed on this kind of request])"));
  EXPECT_EQ(api.post(local, R"({"metadata":{"namespace":"m"},"spec":{}})").refusal(),
            "400 BadRequest the namespace of the provided object does not match the namespace sent "
            "on the "
            "request");
}

TEST_F(AccessReviews, are_asked_where_they_belong_and_by_their_own_kind) {
  EXPECT_EQ(ask("localsubjectaccessreviews", "{}").status, 404);
  EXPECT_EQ(ask("namespaces/n/subjectaccessreviews", "{}").status, 404);
  EXPECT_EQ(ask("subjectaccessreviews/x", "{}").status, 404);
  EXPECT_EQ(api.get(cat(root, "subjectaccessreviews")).status, 405);
  EXPECT_THAT(api.post(local, R"({"kind":"Pod","apiVersion":"v1"})").refusal(),
              StartsWith("400 BadRequest "));
  EXPECT_THAT(ask("subjectaccessreviews?fieldValidation=Strict",
                  R"({"user":"u","resourceAttributes":{"verbs":["get"]}})")
                  .refusal(),
              HasSubstr(R"(unknown field "spec.resourceAttributes.verbs")"));
  EXPECT_THAT(ask("subjectaccessreviews", R"({"groups":"system:masters"})").refusal(),
              HasSubstr("cannot unmarshal string into Go struct field SubjectAccessReviewSpec.spec"
                        ".groups of type []string"));
}

TEST_F(AccessReviews, take_null_for_nothing) {
  EXPECT_EQ(
      ask("subjectaccessreviews",
          R"({"user":"u","groups":[null],"extra":{"k":null,"l":[null]},"resourceAttributes":{"verb":null,
              "fieldSelector":{"requirements":[{"key":"k","operator":"In","values":[null]}]}}})")
          .status,
      201);
  EXPECT_EQ(
      ask("selfsubjectaccessreviews", R"({"resourceAttributes":{},"nonResourceAttributes":null})")
          .status,
      201);
  EXPECT_EQ(api.post(cat(root, "subjectaccessreviews"), R"({"metadata":null,"spec":null})").status,
            422);
  EXPECT_EQ(api.post(cat(root, "selfsubjectrulesreviews"), "null").status, 400);
}

TEST_F(AccessReviews, know_selectors_and_their_mistakes) {
  const auto selector = [](std::string_view name, std::string_view members) {
    return cat(R"({"user":"u","resourceAttributes":{")", name, R"(":{)", members, "}}}");
  };
  EXPECT_EQ(
      refused(selector("fieldSelector", R"("rawSelector":"foo","requirements":[{"key":"k"}])")),
      R"(spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "foo": may not )"
      "specified at the same time as requirements");
  EXPECT_EQ(refused(selector("labelSelector", "")),
            "spec.resourceAttributes.labelSelector.requirements: Required value: when "
            "spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is "
            "required");
  EXPECT_EQ(refused(selector("fieldSelector", R"("requirements":[{},{"key":"k","operator":"In"},
                {"key":"k","operator":"Exists","values":["v"]}])")),
            "[spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be "
            "specified, spec.resourceAttributes.fieldSelector.requirements[1].values: Required "
            "value: must be specified when `operator` is 'In' or 'NotIn', "
            "spec.resourceAttributes.fieldSelector.requirements[2].values: Forbidden: may not be "
            "specified when `operator` is 'Exists' or 'DoesNotExist']");
  EXPECT_THAT(
      refused(selector("labelSelector", R"("requirements":[{"key":"k!","operator":"In"}])")),
      HasSubstr("spec.resourceAttributes.labelSelector.requirements[0].values: Required "
                "value: must be specified when `operator` is 'In' or 'NotIn', "
                "spec.resourceAttributes.labelSelector.requirements[0].key: Invalid "
                "value: \"k!\": name part"));
}

TEST_F(AccessReviews, tell_of_selectors_that_they_could_not_read) {
  EXPECT_EQ(problem(R"("fieldSelector":{"rawSelector":"a.b=c"})"), "(none)");
  EXPECT_EQ(problem(R"("labelSelector":{"rawSelector":"a!=b"})"), "(none)");
  EXPECT_EQ(
      problem(R"("fieldSelector":{"rawSelector":"foo"},"labelSelector":{"rawSelector":"==a"})"),
      "spec.resourceAttributes.fieldSelector ignored due to parse error; "
      "spec.resourceAttributes.labelSelector ignored due to parse error");
  EXPECT_EQ(problem(R"("fieldSelector":{"requirements":[{"key":"k","operator":"In","values":["v"]},
                                                        {"key":"k","operator":"Like"}]})"),
            "spec.resourceAttributes.fieldSelector partially ignored due to parse error");
  EXPECT_EQ(problem(R"("labelSelector":{"requirements":[{"key":"k","operator":"Like"}]})"),
            "spec.resourceAttributes.labelSelector ignored due to parse error");
  EXPECT_EQ(problem(R"("labelSelector":{"requirements":[{"key":"k","operator":"Exists"},
                                                        {"key":"l","operator":"Like"}]})"),
            "spec.resourceAttributes.labelSelector partially ignored due to parse error");
}

TEST_F(AccessReviews, of_rules_list_what_the_caller_has) {
  grant("local",
        R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["p"]})");
  grant("everywhere", R"({"verbs":["get"],"nonResourceURLs":["/x"]},{"verbs":["*"],"apiGroups":[""],
                          "resources":["secrets"]})",
        true);
  const token::UserInfo user{
      .username = "u", .uid = {}, .groups = {"local", "everywhere"}, .extra = {}};
  EXPECT_EQ(
      ask("selfsubjectrulesreviews", R"({"namespace":"n"})", user).body,
      R"({"kind":"SelfSubjectRulesReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{},"status":{"resourceRules":[{"verbs":["*"],"apiGroups":[""],"resources":["secrets"]},{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["p"]}],"nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["/x"]}],"incomplete":false}})"
      "\n");
  EXPECT_EQ(ask("selfsubjectrulesreviews", R"({"namespace":"m"})", user).at("status.resourceRules"),
            R"([{"verbs":["*"],"apiGroups":[""],"resources":["secrets"]}])");
  const token::UserInfo nobody{.username = "nobody", .uid = {}, .groups = {}, .extra = {}};
  EXPECT_EQ(ask("selfsubjectrulesreviews", R"({"namespace":"n"})", nobody).at("status"),
            R"({"resourceRules":[],"nonResourceRules":[],"incomplete":false})");
}

TEST_F(AccessReviews, of_rules_name_a_namespace) {
  EXPECT_EQ(ask("selfsubjectrulesreviews", "{}").refusal(),
            "400 BadRequest no namespace on request");
}

TEST_F(AccessReviews, of_rules_say_that_nodes_may_do_more) {
  const auto reply =
      ask("selfsubjectrulesreviews", R"({"namespace":"n"})", fixture::node_user("n1"));
  EXPECT_EQ(reply.at("status.incomplete"), "true");
  EXPECT_EQ(reply.at("status.evaluationError"),
            R"(node authorizer does not support user rule resolution for user "system:node:n1")");
}

TEST_F(AccessReviews, are_about_at_most_so_many_groups) {
  const auto in_groups = [&](int count) {
    std::string groups;
    for (int i = 0; i < count; ++i) append(groups, i == 0 ? "" : ",", R"("g)", i, '"');
    return ask("subjectaccessreviews",
               cat(R"({"groups":[)", groups, R"(],"resourceAttributes":{}})"));
  };
  EXPECT_EQ(in_groups(4096).status, 201);
  EXPECT_THAT(in_groups(4097).at("message"),
              HasSubstr("spec.groups: Too many: 4097: must have at most 4096 items"));
  EXPECT_EQ(in_groups(100'000).status, 422);
}

// The answer is not larger than the question by an order.
TEST_F(AccessReviews, tell_of_very_many_mistakes_by_the_first) {
  std::string requirements = "{}";
  while (requirements.size() < 300'000) requirements += ",{}";
  EXPECT_LT(ask("subjectaccessreviews",
                cat(R"({"user":"u","resourceAttributes":{"fieldSelector":{"requirements":[)",
                    requirements, "]}}}"))
                .body.size(),
            1'000'000);
}

}  // namespace
}  // namespace signet::access
