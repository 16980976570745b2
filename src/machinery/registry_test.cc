#include "machinery/registry.h"

#include <gtest/gtest.h>

#include "machinery/fake_kinds.h"

namespace signet::machinery {
namespace {

TEST(Registry, finds_a_kind_only_by_group_version_and_plural_together) {
  const auto& registry = fake::registry();
  EXPECT_EQ(registry.find("", "v1", "widgets"), &fake::widget());
  EXPECT_EQ(registry.find("review.example", "v1", "widgetreviews"), &fake::widget_review());
  EXPECT_EQ(registry.find("", "v2", "widgets"), nullptr);
  EXPECT_EQ(registry.find("review.example", "v1", "widgets"), nullptr);
  EXPECT_EQ(registry.find("", "v1", "widget"), nullptr);
  EXPECT_EQ(registry.find("", "v1", ""), nullptr);
}

TEST(Registry, knows_kinds_and_the_kinds_of_subresources) {
  const auto& registry = fake::registry();
  EXPECT_TRUE(registry.has_kind("", "v1", "Widget"));
  EXPECT_TRUE(registry.has_kind("review.example", "v1", "WidgetReview"));
  EXPECT_FALSE(registry.has_kind("", "v1", "WidgetReview"));
  EXPECT_FALSE(registry.has_kind("", "v1", "widgets"));
}

TEST(Registry, knows_its_group_versions) {
  const auto& registry = fake::registry();
  EXPECT_TRUE(registry.has_group_version("", "v1"));
  EXPECT_TRUE(registry.has_group_version("review.example", "v1"));
  EXPECT_FALSE(registry.has_group_version("review.example", "v2"));
  EXPECT_FALSE(registry.has_group_version("v1", ""));
}

TEST(Registry, keeps_the_order_it_was_given) {
  const auto& registry = fake::registry();
  EXPECT_EQ(registry.index(fake::widget()), 0U);
  EXPECT_EQ(registry.index(fake::widget_review()), 1U);
  const auto stranger = fake::widget();
  EXPECT_EQ(registry.index(stranger), registry.kinds().size());
}

}  // namespace
}  // namespace signet::machinery
