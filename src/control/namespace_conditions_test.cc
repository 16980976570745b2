#include "control/namespace_conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signet::control {
namespace {

using codec::Json;

constexpr Instant noon{std::chrono::seconds{1'700'000'000}};
constexpr Instant later = noon + std::chrono::seconds{5};

// "TYPE STATUS REASON MESSAGE", one a condition.
std::vector<std::string> told(const Json& ns) {
  std::vector<std::string> out;
  for (const auto& one : codec::array_at(ns, "status.conditions")) {
    std::string line;
    for (const auto* key : {"type", "status", "reason", "message"}) {
      line += codec::string_at(one, key);
      if (std::string_view(key) != "message") line += ' ';
    }
    out.push_back(std::move(line));
  }
  return out;
}

TEST(NamespaceConditions, say_that_nothing_is_left) {
  Json ns = codec::JsonObject{};
  set_deletion_conditions(ns, {}, noon);
  EXPECT_THAT(
      told(ns),
      testing::ElementsAre(
          "NamespaceDeletionDiscoveryFailure False ResourcesDiscovered All resources successfully "
          "discovered",
          "NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions All legacy kube "
          "types successfully parsed",
          "NamespaceDeletionContentFailure False ContentDeleted All content successfully deleted, "
          "may be waiting on finalization",
          "NamespaceContentRemaining False ContentRemoved All content successfully removed",
          "NamespaceFinalizersRemaining False ContentHasNoFinalizers All content-preserving "
          "finalizers finished"));
}

TEST(NamespaceConditions, say_what_is_left_and_what_failed) {
  Json ns = codec::JsonObject{};
  set_deletion_conditions(ns,
                          {.resources = {{"pods.", 2}, {"leases.coordination.k8s.io", 1}},
                           .finalizers = {{"x.io/y", 3}},
                           .failures = {"no", "never"}},
                          noon);
  const auto lines = told(ns);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[2],
            "NamespaceDeletionContentFailure True ContentDeletionFailed Failed to delete all "
            "resource types, 2 remaining: no, never");
  EXPECT_EQ(lines[3],
            "NamespaceContentRemaining True SomeResourcesRemain Some resources are remaining: "
            "leases.coordination.k8s.io has 1 resource instances, pods. has 2 resource instances");
  EXPECT_EQ(lines[4],
            "NamespaceFinalizersRemaining True SomeFinalizersRemain Some content in the namespace "
            "has finalizers remaining: x.io/y in 3 resource instances");
}

TEST(NamespaceConditions, keep_their_time_until_they_say_something_else) {
  Json ns = codec::JsonObject{};
  set_deletion_conditions(ns, {.resources = {{"pods.", 1}}}, noon);
  const auto before = ns;
  set_deletion_conditions(ns, {.resources = {{"pods.", 1}}}, later);
  EXPECT_EQ(ns, before);
  set_deletion_conditions(ns, {}, later);
  const auto& conditions = codec::array_at(ns, "status.conditions");
  ASSERT_EQ(conditions.size(), 5U);
  EXPECT_EQ(codec::string_at(conditions[3], "lastTransitionTime"), "2023-11-14T22:13:25Z");
  EXPECT_EQ(codec::string_at(conditions[4], "lastTransitionTime"), "2023-11-14T22:13:20Z");
}

}  // namespace
}  // namespace signet::control
