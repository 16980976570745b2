#include "party/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::party {
namespace {

struct Case {
  const char* name;
  std::string_view pattern, text;
  bool matches;
};

constexpr Case cases[] = {
    {"equal", "shop", "shop", true},
    {"longer_text", "shop", "shops", false},
    {"shorter_text", "shop", "sho", false},
    {"empty_pattern", "", "a", false},
    {"both_empty", "", "", true},
    {"star_is_nothing", "shop*", "shop", true},
    {"star_in_front", "*-shop", "eu-shop", true},
    {"star_in_front_only", "*-shop", "eu-shops", false},
    {"star_between", "a*c", "abbbc", true},
    {"stars", "a*b*c", "a1b2b3c", true},
    {"stars_in_order", "a*b*c", "acb", false},
    {"star_gives_back", "*ab", "aab", true},
    {"any", "*", "", true},
    {"one", "sh?p", "shop", true},
    {"one_is_not_none", "shop?", "shop", false},
    {"one_after_star", "*?", "", false},
    {"case_counts", "Shop", "shop", false},
    {"dot_is_a_dot", "a.b", "axb", false},
};

class Glob : public testing::TestWithParam<Case> {};

TEST_P(Glob, matches_the_whole_name) {
  EXPECT_EQ(glob_matches(GetParam().pattern, GetParam().text), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(, Glob, testing::ValuesIn(cases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace signet::party
