#include "kinds/rbac_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> keys(std::string_view binding) {
  std::vector<std::string> out;
  index_binding(parse(binding), out);
  return out;
}

TEST(CompiledRoles, have_the_rules_that_they_say) {
  const auto compiled = compile_role(parse(R"({"rules":[
      {"verbs":["get"],"apiGroups":["","apps"],"resources":["pods","*/log"],"resourceNames":["a"]},
      {"verbs":["*"],"nonResourceURLs":["/x*"]}]})"));
  EXPECT_THAT(static_cast<const CompiledRole&>(*compiled).rules,
              ElementsAre(PolicyRule{.verbs = {"get"},
                                     .api_groups = {"", "apps"},
                                     .resources = {"pods", "*/log"},
                                     .resource_names = {"a"},
                                     .non_resource_urls = {}},
                          PolicyRule{.verbs = {"*"},
                                     .api_groups = {},
                                     .resources = {},
                                     .resource_names = {},
                                     .non_resource_urls = {"/x*"}}));
  EXPECT_THAT(policy_rules(parse(R"({"rules":null})")), IsEmpty());
}

TEST(CompiledBindings, know_the_role_and_the_subjects) {
  const auto compiled = compile_binding(parse(R"({"metadata":{"name":"b","namespace":"n"},
      "roleRef":{"kind":"ClusterRole","name":"r"},"subjects":[
      {"kind":"User","name":"u"},{"kind":"Group","name":"g"},
      {"kind":"ServiceAccount","name":"s"},{"kind":"ServiceAccount","name":"t","namespace":"m"}]})"));
  const auto& binding = static_cast<const CompiledBinding&>(*compiled);
  EXPECT_TRUE(binding.to_cluster_role);
  EXPECT_EQ(binding.role, "r");
  ASSERT_EQ(binding.subjects.size(), 4U);
  EXPECT_EQ(binding.subjects[1].kind, Subject::Kind::group);
  EXPECT_EQ(binding.subjects[2].username, "system:serviceaccount:n:s") << "the binding's namespace";
  EXPECT_EQ(binding.subjects[3].username, "system:serviceaccount:m:t");
}

TEST(CompiledBindings, are_found_by_whom_they_name_and_where) {
  EXPECT_THAT(keys(R"({"metadata":{"namespace":"n"},"subjects":[
                  {"kind":"User","name":"u"},{"kind":"Group","name":"g"},
                  {"kind":"ServiceAccount","name":"s"},{"kind":"Robot","name":"r"}]})"),
              UnorderedElementsAre(user_key("u", "n"), group_key("g", "n"),
                                   user_key("system:serviceaccount:n:s", "n")));
}

// In a ClusterRoleBinding nothing says which namespace is meant.
TEST(CompiledBindings, of_the_cluster_skip_an_account_without_a_namespace) {
  EXPECT_THAT(keys(R"({"subjects":[{"kind":"ServiceAccount","name":"s"}]})"), IsEmpty());
}

TEST(SubjectKeys, differ_when_anything_does) {
  EXPECT_NE(user_key("a", ""), group_key("a", ""));
  EXPECT_NE(user_key("a", "n"), user_key("a", ""));
  EXPECT_NE(user_key(" a", ""), user_key("a", " "));
  EXPECT_NE(user_key("n a", ""), user_key("a", "n"));
}

}  // namespace
}  // namespace signet::kinds
