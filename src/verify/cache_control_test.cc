#include "verify/cache_control.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::verify {
namespace {

constexpr std::int64_t nothing = -1;

struct Row {
  const char* name;
  std::string cache_control;
  std::string age;
  std::int64_t seconds;  // or nothing
};

class CacheControl : public testing::TestWithParam<Row> {};

TEST_P(CacheControl, is_read_strictly) {
  const auto& row = GetParam();
  const auto said = read_freshness(row.cache_control, row.age);
  EXPECT_EQ(said.lifetime ? said.lifetime->count() : nothing, row.seconds);
}

INSTANTIATE_TEST_SUITE_P(
    , CacheControl,
    testing::Values(
        Row{"absent", "", "", nothing}, Row{"kubernetes", "public, max-age=3600", "", 3600},
        Row{"zero", "max-age=0", "", 0}, Row{"any_case", "MAX-AGE=60", "", 60},
        Row{"quoted", "max-age=\"60\"", "", 60}, Row{"spaces", " \tmax-age=60 , public ", "", 60},
        Row{"empty_members", ",, max-age=60,,", "", 60}, Row{"aged", "max-age=3600", "600", 3000},
        Row{"older_than_it_may_be", "max-age=60", "61", 0},
        Row{"age_is_no_number", "max-age=60", "-5", 60},
        Row{"age_with_space", "max-age=60", "5 ", 60},
        Row{"huge", "max-age=99999999999999999999999999", "", std::int64_t{1} << 31},
        Row{"no_store", "no-store", "", 0}, Row{"no_store_beside", "max-age=3600, no-store", "", 0},
        Row{"no_store_twice", "no-store, max-age=1, max-age=2", "", 0},
        Row{"no_store_before_rubbish", "no-store, =", "", 0}, Row{"no_cache", "no-cache", "", 0},
        Row{"no_cache_of_a_field", "no-cache=\"set-cookie\", max-age=60", "", 60},
        Row{"negative", "max-age=-1", "", nothing}, Row{"fraction", "max-age=1.5", "", nothing},
        Row{"word", "max-age=soon", "", nothing}, Row{"no_value", "max-age", "", nothing},
        Row{"empty_value", "max-age=", "", nothing},
        Row{"space_inside", "max-age= 60", "", nothing},
        Row{"same_twice", "max-age=60, max-age=60", "", 60},
        Row{"two_values", "max-age=60, max-age=61", "", nothing},
        Row{"two_values_back_again", "max-age=60, max-age=61, max-age=61", "", nothing},
        Row{"no_comma", "public max-age=60", "", nothing},
        Row{"unended_quote", "max-age=60, x=\"", "", nothing},
        Row{"unended_escape", "x=\"\\", "", nothing},
        Row{"control_character", std::string("max-age=60, x=\"\x01\""), "", nothing},
        Row{"s_maxage_is_for_shared_caches", "s-maxage=60", "", nothing},
        Row{"other_directives", "must-revalidate, max-age=60, x=\"a,b\\\"c\"", "", 60},
        Row{"too_long", "max-age=60" + std::string(4096, ' '), "", nothing}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(CacheControlLimits, counts_directives) {
  std::string list = "max-age=60";
  for (int i = 0; i < 31; ++i) list += ",a";
  EXPECT_EQ(read_freshness(list, "").lifetime, std::chrono::seconds{60});
  EXPECT_FALSE(read_freshness(list + ",a", "").lifetime);
}

}  // namespace
}  // namespace signet::verify
