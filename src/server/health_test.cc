#include "server/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::server {
namespace {

// "200 ok", or "(none)" when it is somebody else's path.
std::string ask(const Health& health, std::string_view path, std::string_view query = "") {
  const auto parameters = codec::Query::parse(query);
  const auto answer = health.answer(path, *parameters);
  return answer ? cat(answer->status, ' ', answer->bytes()) : "(none)";
}

TEST(Health, is_ok_and_ready_only_when_somebody_said_so) {
  Health health;
  EXPECT_EQ(ask(health, "/healthz"), "200 ok");
  EXPECT_EQ(ask(health, "/livez"), "200 ok");
  EXPECT_EQ(
      ask(health, "/readyz"),
      "500 [+]ping ok\n[+]store ok\n[-]started failed: reason withheld\nreadyz check failed\n");
  health.set_ready(true);
  EXPECT_EQ(ask(health, "/readyz"), "200 ok");
}

TEST(Health, answers_for_each_check_alone) {
  Health health;
  EXPECT_EQ(ask(health, "/livez/ping"), "200 ok");
  EXPECT_EQ(ask(health, "/readyz/started"), "500 internal server error: started failed\n");
  EXPECT_EQ(ask(health, "/livez/nothing"), "(none)");
  EXPECT_EQ(ask(health, "/livez/started"), "(none)");
  EXPECT_EQ(ask(health, "/healthzz"), "(none)");
  EXPECT_EQ(ask(health, "/"), "(none)");
  EXPECT_EQ(ask(health, ""), "(none)");
}

TEST(Health, lists_the_checks_to_who_asks_and_leaves_out_what_is_excluded) {
  Health health;
  EXPECT_EQ(ask(health, "/healthz", "verbose"),
            "200 [+]ping ok\n[+]store ok\nhealthz check passed\n");
  EXPECT_EQ(ask(health, "/readyz", "exclude=started"), "200 ok");
  EXPECT_EQ(
      ask(health, "/healthz", "verbose&exclude=ping&exclude=x"),
      "200 [+]ping excluded: ok\n[+]store ok\nwarn: some health checks cannot be excluded: no "
      "matches for \"x\"\nhealthz check passed\n");
}

}  // namespace
}  // namespace signet::server
