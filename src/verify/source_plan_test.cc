#include "verify/source_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signet::verify {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<PlannedSet> plan(std::vector<IssuerSource> sources) {
  return plan_sources(std::move(sources)).value();
}

TEST(SourcePlan, gives_each_issuer_a_set_of_its_own) {
  const auto plans = plan({{.issuer = "https://a"}, {.issuer = "https://b"}});
  ASSERT_EQ(plans.size(), 2);
  EXPECT_NE(plans[0].identity, plans[1].identity);
  EXPECT_THAT(plans[0].issuers, ElementsAre("https://a"));
}

TEST(SourcePlan, shares_what_is_asked_for_in_the_same_way) {
  const std::string uri = "https://h/keys";
  const auto plans = plan({{.issuer = "a", .jwks_uri = uri},
                           {.issuer = "b", .jwks_uri = uri},
                           {.issuer = "c", .jwks_uri = uri, .ca_pem = "CA"},
                           {.issuer = "d", .jwks_uri = uri, .allowed_cidrs = {"10.0.0.0/8"}}});
  ASSERT_EQ(plans.size(), 3);
  EXPECT_THAT(plans[0].issuers, ElementsAre("a", "b"));
}

TEST(SourcePlan, takes_the_strictest_of_what_is_shared) {
  IssuerSource lenient{.issuer = "https://a", .refused_kids = {"x"}};
  IssuerSource strict{.issuer = "https://a",
                      .soft_ttl = seconds{60},
                      .soft_ttl_max = seconds{120},
                      .hard_ttl = seconds{900},
                      .kid_miss_interval = seconds{60},
                      .refused_kids = {"x", "y"}};
  for (const auto& plans : {plan({lenient, strict}), plan({strict, lenient})}) {
    ASSERT_EQ(plans.size(), 1);
    EXPECT_THAT(plans[0].issuers, ElementsAre("https://a"));
    EXPECT_EQ(plans[0].rules.soft_ttl, seconds{60});
    EXPECT_EQ(plans[0].rules.soft_ttl_max, seconds{120});
    EXPECT_EQ(plans[0].rules.hard_ttl, seconds{900});
    EXPECT_EQ(plans[0].rules.kid_miss_interval, seconds{60});
    EXPECT_THAT(plans[0].source->refused_kids, ElementsAre("x", "y"));
  }
}

TEST(SourcePlan, keeps_the_text_of_a_ca_once) {
  const auto plans = plan({{.issuer = "https://a", .ca_pem = "CA"},
                           {.issuer = "https://b", .ca_pem = "CA"},
                           {.issuer = "https://c", .ca_pem = "other"}});
  EXPECT_EQ(plans[0].trust, plans[1].trust);
  EXPECT_NE(plans[0].trust, plans[2].trust);
  EXPECT_EQ(plans[0].trust->ca_pem, "CA");
  EXPECT_EQ(plans[0].source->ca_pem, "");
}

TEST(SourcePlan, names_all_that_is_wrong) {
  const auto wrong = plan_sources({{.issuer = "http://a"},
                                   {.issuer = "https://b"},
                                   {.issuer = "https://b", .ca_pem = "CA"},
                                   {.issuer = "https://c", .ports = {}}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error(), ElementsAre(HasSubstr("http://a"), HasSubstr("https://b: twice"),
                                         HasSubstr("https://c: ports")));
}

TEST(SourcePlan, has_a_limit) {
  std::vector<IssuerSource> sources(100'001, IssuerSource{.issuer = "https://a"});
  EXPECT_FALSE(plan_sources(sources));
  sources.pop_back();
  EXPECT_TRUE(plan_sources(sources));
}

}  // namespace
}  // namespace signet::verify
