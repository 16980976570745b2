#include "machinery/finalizers.h"

#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"

namespace signet::machinery {
namespace {

codec::Json object(std::string_view metadata) {
  return codec::parse_json(cat(R"({"metadata":{)", metadata, "}}"), {}).value().value;
}

std::string after(std::string_view finalizers, std::string_view policy) {
  auto one = object(cat(R"("finalizers":)", finalizers));
  apply_propagation(one, policy);
  return codec::to_json(codec::Json(codec::array_at(one, "metadata.finalizers")));
}

TEST(Finalizers, follow_the_policy) {
  EXPECT_EQ(after("[]", "Foreground"), R"(["foregroundDeletion"])");
  EXPECT_EQ(after("[]", "Orphan"), R"(["orphan"])");
  EXPECT_EQ(after("[]", "Background"), "[]");
  EXPECT_EQ(after(R"(["orphan","a/b"])", "Foreground"), R"(["a/b","foregroundDeletion"])");
  EXPECT_EQ(after(R"(["foregroundDeletion","a/b"])", "Background"), R"(["a/b"])");
  EXPECT_EQ(after(R"(["orphan","a/b"])", "Orphan"), R"(["orphan","a/b"])");
  EXPECT_EQ(after(R"(["orphan","a/b"])", ""), R"(["orphan","a/b"])");
}

TEST(Finalizers, say_what_a_deletion_waits_for) {
  constexpr std::string_view deleted = R"(,"deletionTimestamp":"2026-01-02T03:04:06Z")";
  EXPECT_EQ(cascade_of(object(R"("finalizers":["orphan"])")), Cascade::none);
  EXPECT_EQ(cascade_of(object(cat(R"("finalizers":["orphan"])", deleted))), Cascade::orphan);
  EXPECT_EQ(cascade_of(object(cat(R"("finalizers":["foregroundDeletion"])", deleted))),
            Cascade::foreground);
  EXPECT_EQ(cascade_of(object(cat(R"("finalizers":["a/b"])", deleted))), Cascade::none);
}

TEST(Finalizers, that_are_no_texts_are_left_alone) {
  auto odd = object(R"("finalizers":[1,null])");
  EXPECT_FALSE(has_finalizer(odd, "orphan"));
  remove_finalizer(odd, "orphan");
  EXPECT_EQ(codec::array_at(odd, "metadata.finalizers").size(), 2U);
}

}  // namespace
}  // namespace signet::machinery
