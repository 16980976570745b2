#include "token/user_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace signet::token {
namespace {

TEST(ServiceAccountUsername, round_trips) {
  const auto username = service_account_username("demo", "web.v2");
  EXPECT_EQ(username, "system:serviceaccount:demo:web.v2");
  const auto parsed = parse_service_account_username(username);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, (ServiceAccountName{.ns = "demo", .name = "web.v2"}));
}

TEST(ServiceAccountUsername, refuses_everything_else) {
  for (const char* username :
       {"", "system:serviceaccount:", "system:serviceaccount:a",
        "system:serviceaccount:a:", "system:serviceaccount::b", "system:serviceaccount:a:b:c",
        "system:serviceaccount:A:b", "system:serviceaccount:a:B", "system:serviceaccount:a:b ",
        " system:serviceaccount:a:b", "system:serviceaccount:a.b:c", "system:serviceaccount:-a:b",
        "system:serviceaccount:a:b.", "system:serviceaccounts:a:b", "system:node:a", "a:b"}) {
    EXPECT_FALSE(parse_service_account_username(username)) << username;
  }
}

TEST(ServiceAccountUsername, is_not_fooled_by_other_colons_and_nul) {
  EXPECT_FALSE(
      parse_service_account_username("system:serviceaccount:a\xef\xbc\x9a"
                                     "b"));
  EXPECT_FALSE(parse_service_account_username(std::string("system:serviceaccount:a:b\0c", 27)));
}

TEST(ServiceAccountGroups, name_all_accounts_then_those_of_the_namespace) {
  EXPECT_THAT(service_account_groups("demo"),
              testing::ElementsAre("system:serviceaccounts", "system:serviceaccounts:demo"));
}

}  // namespace
}  // namespace signet::token
