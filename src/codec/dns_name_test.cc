#include "codec/dns_name.h"

#include <gtest/gtest.h>

#include <string>

namespace signet::codec {
namespace {

TEST(DnsName, limits_come_in_pairs) {
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
  EXPECT_FALSE(is_dns_label("a.b"));
  EXPECT_FALSE(is_dns_label(""));
  EXPECT_TRUE(is_dns_subdomain(std::string(253, 'a')));
  EXPECT_FALSE(is_dns_subdomain(std::string(254, 'a')));
  EXPECT_TRUE(is_dns_subdomain("a-1.b"));
  EXPECT_FALSE(is_dns_subdomain("a..b"));
  EXPECT_FALSE(is_dns_subdomain(".a"));
  EXPECT_FALSE(is_dns_subdomain("a-.b"));
  EXPECT_FALSE(is_dns_subdomain("a_b"));
}

TEST(DnsName, of_any_length_is_told_by_its_form) {
  EXPECT_TRUE(has_dns_label_form(std::string(300, 'a')));
  EXPECT_FALSE(has_dns_label_form("A"));
  EXPECT_FALSE(has_dns_label_form("-a"));
  EXPECT_TRUE(has_dns_subdomain_form(std::string(300, 'a') + ".b"));
  EXPECT_FALSE(has_dns_subdomain_form("a."));
}

}  // namespace
}  // namespace signet::codec
