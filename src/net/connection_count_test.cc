#include "net/connection_count.h"

#include <gtest/gtest.h>

namespace signet::net {
namespace {

TEST(ConnectionCount, an_address_has_its_limit_whatever_its_ports) {
  ConnectionCount count(10, 2);
  EXPECT_TRUE(count.enter("10.0.0.1:1"));
  EXPECT_TRUE(count.enter("10.0.0.1:2"));
  EXPECT_FALSE(count.enter("10.0.0.1:3"));
  EXPECT_TRUE(count.enter("[::1]:3"));
  count.leave("10.0.0.1:2");
  EXPECT_TRUE(count.enter("10.0.0.1:4"));
}

TEST(ConnectionCount, all_addresses_together_have_theirs) {
  ConnectionCount count(2, 2);
  EXPECT_TRUE(count.enter("10.0.0.1:1"));
  EXPECT_TRUE(count.enter("10.0.0.2:1"));
  EXPECT_FALSE(count.enter("10.0.0.3:1"));
  count.leave("10.0.0.1:1");
  EXPECT_TRUE(count.enter("10.0.0.3:1"));
}

}  // namespace
}  // namespace signet::net
