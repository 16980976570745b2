#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/node_restriction_fixture_for_tests.h"

namespace signet::access {
namespace {

using testing::HasSubstr;

constexpr std::string_view head = R"(serviceaccounts "default" is forbidden: )";

// What admission says to the token request of node n1.
class NodeToken : public fixture::NodeRestrictionTest {
 protected:
  const std::string projected = pod_on("p", "n1",
                                       R"({"serviceAccountToken":{"path":"t","audience":"vault"}},)"
                                       R"({"serviceAccountToken":{"path":"u"}})");
  const std::string foreign = pod_on("q", "n2", R"({"serviceAccountToken":{"path":"t"}})");
  const std::string unmounted = pod_on("r", "n1", R"({"secret":{"name":"s"}})");

  std::string pod_on(std::string_view name, std::string_view node, std::string_view sources) {
    return cluster
        .pod(name, cat(R"(,"nodeName":")", node, R"(","automountServiceAccountToken":false,)",
                       R"("volumes":[{"name":"v","projected":{"sources":[)", sources, "]}}]"))
        .at("metadata.uid");
  }
  static std::string pod(std::string_view name, std::string_view uid) {
    return cat(R"("boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":")", name, R"(","uid":")",
               uid, "\"}");
  }
  std::string ask(std::string_view spec, const token::UserInfo& user = fixture::node_user()) {
    auto object = codec::parse_json(cat(R"({"spec":{)", spec, "}}"), {})->value;
    return cluster.admit({.operation = machinery::Operation::create,
                          .kind = &kinds::service_account,
                          .subresource = "token",
                          .namespace_name = "default",
                          .name = "default",
                          .object = &object,
                          .old_object = nullptr,
                          .user = &user,
                          .warnings = nullptr});
  }
  std::string ask_for(std::string_view pod_ref, std::string_view audiences) {
    return ask(cat(pod_ref, R"(,"audiences":[)", audiences, "]"));
  }
};

TEST_F(NodeToken, is_bound_to_a_pod_of_the_node) {
  EXPECT_EQ(ask(pod("p", projected)), "yes");
  const auto not_bound = cat(head, "node requested token not bound to a pod");
  EXPECT_EQ(ask(R"("expirationSeconds":600)"), not_bound);
  EXPECT_EQ(ask(R"("boundObjectRef":{"kind":"Secret","apiVersion":"v1","name":"p","uid":"u"})"),
            not_bound);
  EXPECT_EQ(ask(R"("boundObjectRef":{"kind":"Node","apiVersion":"v1","name":"n1","uid":"u"})"),
            not_bound);
  EXPECT_EQ(ask(R"("boundObjectRef":{"kind":"Pod","name":"p","uid":"u"})"), not_bound);
  EXPECT_EQ(ask(R"("boundObjectRef":{"kind":"Pod","apiVersion":"x/v1","name":"p","uid":"u"})"),
            not_bound);
  EXPECT_EQ(ask(pod("", "")), not_bound);
  EXPECT_EQ(ask(pod("p", "")), cat(head, "node requested token with a pod binding without a uid"));
  EXPECT_EQ(ask(pod("nosuch", "u")), R"(pods "nosuch" not found)");
  EXPECT_EQ(ask(pod("p", "wrong")),
            cat(head,
                "the UID in the bound object reference (wrong) does not match the UID in "
                "record. The object might have been deleted and then recreated"));
  EXPECT_EQ(ask(pod("q", foreign)),
            cat(head, "node requested token bound to a pod scheduled on a different node"));
}

TEST_F(NodeToken, is_for_one_audience_that_the_pod_projects) {
  const auto p = pod("p", projected);
  EXPECT_EQ(ask_for(p, R"("vault")"), "yes");
  EXPECT_EQ(ask_for(p, ""), "yes") << "none is what a source without an audience asks for";
  EXPECT_EQ(ask_for(p, R"("")"), "yes");
  EXPECT_EQ(ask_for(p, R"("vault","vault")"), cat(head, "node may only request 0 or 1 audiences"));
  constexpr std::string_view tail =
      " not found in pod spec volume, system:node:n1 is not authorized to request tokens for this "
      "audience";
  EXPECT_EQ(ask_for(p, R"("other")"), cat(head, R"(audience "other")", tail));
  EXPECT_EQ(ask_for(p, R"("Vault")"), cat(head, R"(audience "Vault")", tail));
  EXPECT_EQ(ask(pod("r", unmounted)), cat(head, R"(audience "")", tail))
      << "the token of the API is not for pods that do not mount it";
}

TEST_F(NodeToken, may_be_for_another_audience_if_the_node_is_authorized) {
  auto powerful = fixture::node_user();
  powerful.groups.emplace_back("system:masters");
  EXPECT_EQ(ask(cat(pod("p", projected), R"(,"audiences":["other"])"), powerful), "yes");
  EXPECT_EQ(ask(R"("audiences":["other"])", powerful),
            cat(head, "node requested token not bound to a pod"));
}

TEST_F(NodeToken, of_anybody_else_is_not_restricted) {
  EXPECT_EQ(ask(R"("audiences":["a","b"])", fixture::ApiFixture::admin()), "yes");
}

}  // namespace
}  // namespace signet::access
