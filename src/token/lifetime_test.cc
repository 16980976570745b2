#include "token/lifetime.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::token {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(LifetimeBounds, come_in_pairs) {
  constexpr std::int64_t largest = 4294967296;
  EXPECT_EQ(lifetime_problem(600), std::nullopt);
  EXPECT_EQ(lifetime_problem(largest), std::nullopt);
  for (const std::int64_t seconds : {std::int64_t{599}, std::int64_t{0}, std::int64_t{-1}}) {
    EXPECT_EQ(lifetime_problem(seconds), "may not specify a duration less than 10 minutes");
  }
  EXPECT_EQ(lifetime_problem(largest + 1), "may not specify a duration larger than 2^32 seconds");
}

TEST(LifetimeMaximum, must_lie_between_an_hour_and_the_upper_bound) {
  EXPECT_FALSE(maximum_problem(hours(1)));
  EXPECT_TRUE(maximum_problem(hours(1) - seconds(1)));
  EXPECT_FALSE(maximum_problem(lifetime_max));
  EXPECT_EQ(maximum_problem(lifetime_max + seconds(1)),
            "the service-account-max-token-expiration must be between 1 hour and 2^32 seconds");
}

struct LifetimeCase {
  const char* name;
  int requested;
  int maximum;  // 0: none
  bool extend;
  Binding binding;
  int shown;
  int signed_for;
  bool extended;
};
constexpr Binding pod{.pod_bound = true, .api_audiences_only = true};
constexpr LifetimeCase cases[] = {
    {"plain", 3600, 0, true, pod, 3600, 3600, false},
    {"above_maximum", 7800, 7200, true, {}, 7200, 7200, false},
    {"at_maximum", 7200, 7200, true, {}, 7200, 7200, false},
    {"extended", 3607, 0, true, pod, 3607, 31536000, true},
    {"extended_beyond_maximum", 3607, 3607, true, pod, 3607, 31536000, true},
    {"maximum_below_trigger", 3607, 3600, true, pod, 3600, 3600, false},
    {"clamped_to_trigger", 7200, 3607, true, pod, 3607, 31536000, true},
    {"foreign_audience", 3607, 0, true, {.pod_bound = true}, 3607, 3607, false},
    {"without_pod", 3607, 0, true, {.api_audiences_only = true}, 3607, 3607, false},
    {"one_less", 3606, 0, true, pod, 3606, 3606, false},
    {"one_more", 3608, 0, true, pod, 3608, 3608, false},
    {"switched_off", 3607, 0, false, pod, 3607, 3607, false},
};
class LifetimeDecision : public testing::TestWithParam<LifetimeCase> {};

TEST_P(LifetimeDecision, follows_the_rules) {
  const auto& row = GetParam();
  LifetimePolicy policy{
      .maximum = std::nullopt, .extend = row.extend, .signer_maximum = std::nullopt};
  if (row.maximum != 0) policy.maximum = seconds(row.maximum);
  const auto life = decide_lifetime(seconds(row.requested), policy, row.binding);
  EXPECT_EQ(life.shown, seconds(row.shown));
  EXPECT_EQ(life.signed_for, seconds(row.signed_for));
  EXPECT_EQ(life.warn_after, row.extended ? std::optional(seconds(row.shown)) : std::nullopt);
  EXPECT_EQ(life.shortened, row.requested != row.shown);
}

INSTANTIATE_TEST_SUITE_P(, LifetimeDecision, testing::ValuesIn(cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(LifetimeExtension, is_bounded_by_an_external_signer) {
  const LifetimePolicy policy{
      .maximum = std::nullopt, .extend = true, .signer_maximum = seconds(7200)};
  const auto life = decide_lifetime(extension_trigger, policy, pod);
  EXPECT_EQ(life.signed_for, seconds(7200));
  EXPECT_EQ(life.warn_after, extension_trigger);
}

}  // namespace
}  // namespace signet::token
