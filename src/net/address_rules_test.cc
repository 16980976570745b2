#include "net/address_rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>

namespace signet::net {
namespace {

AddressRules with(std::vector<std::string> cidrs) {
  return AddressRules::create({.allowed_cidrs = std::move(cidrs)}).value();
}

TEST(AddressRules, lets_public_addresses_pass_on_usual_ports_only) {
  const AddressRules rules;
  for (const auto* address : {"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111",
                              "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(rules.allows(address, 443)) << address;
    EXPECT_TRUE(rules.allows(address, 6443)) << address;
    EXPECT_FALSE(rules.allows(address, 80)) << address;
    EXPECT_FALSE(rules.allows(address, 22)) << address;
  }
}

// K-1 67: the list by name, and the ways to spell an inner address otherwise.
TEST(AddressRules, attack_19_what_is_no_public_host_is_refused) {
  const AddressRules rules;
  for (const auto* address : {"127.0.0.1",
                              "127.255.255.254",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.0.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "100.127.0.1",
                              "0.0.0.0",
                              "224.0.0.1",
                              "239.255.255.255",
                              "255.255.255.255",
                              "192.0.2.1",
                              "198.18.0.1",
                              "203.0.113.9",
                              "::1",
                              "::",
                              "fd00::1",
                              "fc00::1",
                              "fe80::1",
                              "ff02::1",
                              "fec0::1",
                              "2001:db8::1",
                              "3fff::1",
                              "2001::1",
                              "::ffff:10.0.0.1",
                              "::ffff:127.0.0.1",
                              "64:ff9b::a00:1",
                              "2002:a00:1::",
                              "64:ff9b:1::1",
                              "::127.0.0.1",
                              "::10.0.0.1"}) {
    EXPECT_FALSE(rules.allows(address, 443)) << address;
  }
}

TEST(AddressRules, an_allowed_cidr_opens_exactly_its_range) {
  const auto rules = with({"10.1.0.0/16", "fd00:1::/32", "127.0.0.1/32"});
  EXPECT_TRUE(rules.allows("10.1.255.255", 443));
  EXPECT_TRUE(rules.allows("::ffff:10.1.0.1", 443));
  EXPECT_TRUE(rules.allows("64:ff9b::a01:1", 443));
  EXPECT_FALSE(rules.allows("10.2.0.0", 443));
  EXPECT_TRUE(rules.allows("fd00:1::5", 6443));
  EXPECT_FALSE(rules.allows("fd00:2::5", 6443));
  EXPECT_TRUE(rules.allows("127.0.0.1", 443));
  EXPECT_FALSE(rules.allows("127.0.0.2", 443));
  EXPECT_FALSE(rules.allows("127.0.0.1", 8443));
  EXPECT_TRUE(rules.allows("8.8.8.8", 443));
}

TEST(AddressRules, judge_socket_addresses_alike) {
  const auto rules = with({"10.1.0.0/16"});
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(443);
  ::inet_pton(AF_INET, "10.1.2.3", &four.sin_addr);
  EXPECT_TRUE(rules.allows(reinterpret_cast<const sockaddr&>(four)));
  ::inet_pton(AF_INET, "10.2.2.3", &four.sin_addr);
  EXPECT_FALSE(rules.allows(reinterpret_cast<const sockaddr&>(four)));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(443);
  ::inet_pton(AF_INET6, "::ffff:10.1.2.3", &six.sin6_addr);
  EXPECT_TRUE(rules.allows(reinterpret_cast<const sockaddr&>(six)));
  ::inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
  EXPECT_FALSE(rules.allows(reinterpret_cast<const sockaddr&>(six)));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(rules.allows(reinterpret_cast<const sockaddr&>(local)));
}

TEST(AddressRules, refuse_cidrs_that_are_none) {
  for (const auto* cidr :
       {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8",
        "fd00::/129", "fd00::1/64", "x/8", "10.0.0/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(AddressRules::create({.allowed_cidrs = {cidr}})) << cidr;
  }
  EXPECT_FALSE(AddressRules::create({.allowed_cidrs = std::vector<std::string>(65, "10.0.0.0/8")}));
  EXPECT_TRUE(AddressRules::create({.allowed_cidrs = std::vector<std::string>(64, "10.0.0.0/8")}));
  EXPECT_FALSE(AddressRules::create({.ports = {}}));
  EXPECT_FALSE(AddressRules::create({.ports = {0}}));
}

TEST(AddressRules, refuse_text_that_is_no_address) {
  const auto rules = with({"0.0.0.0/0", "::/0"});
  EXPECT_TRUE(rules.allows("127.0.0.1", 443));
  for (const auto* text : {"", "localhost", "127.1", "0x7f.0.0.1", "1.2.3.4 ", "fe80::1%eth0"}) {
    EXPECT_FALSE(rules.allows(text, 443)) << text;
  }
}

}  // namespace
}  // namespace signet::net
