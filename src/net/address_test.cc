#include "net/address.h"

#include <gtest/gtest.h>

namespace signet::net {
namespace {

TEST(HostPort, is_a_host_and_a_port) {
  EXPECT_EQ(*parse_host_port("127.0.0.1:80"), (HostPort{.host = "127.0.0.1", .port = 80}));
  EXPECT_EQ(*parse_host_port("localhost:0"), (HostPort{.host = "localhost", .port = 0}));
  EXPECT_EQ(*parse_host_port("a:65535"), (HostPort{.host = "a", .port = 65535}));
}

TEST(HostPort, has_brackets_round_an_ipv6_host) {
  EXPECT_EQ(*parse_host_port("[::1]:443"), (HostPort{.host = "::1", .port = 443}));
  for (const auto* bad : {"::1", "::1:443", "[::1:443", "::1]:443", "[::1]", "[[::1]]:443"}) {
    EXPECT_FALSE(parse_host_port(bad)) << bad;
  }
}

TEST(HostPort, needs_a_host) {
  for (const auto* bad : {"", "80", ":", ":80", "[]:80", "[:80", "]:80"}) {
    EXPECT_EQ(parse_host_port(bad).error().message, "must be HOST:PORT") << bad;
  }
}

TEST(HostPort, needs_a_port_of_16_bits) {
  for (const auto* bad :
       {"a:", "[::1]:", "a:b", "a:65536", "a:-1", "a:+1", "a: 1", "a:1 ", "a:1x", "a:0x1"}) {
    EXPECT_EQ(parse_host_port(bad).error().message, "PORT must be 0 to 65535") << bad;
  }
}

TEST(HostPort, is_written_as_it_is_read) {
  for (const auto* text : {"127.0.0.1:80", "[::1]:443", "gate.example:1"}) {
    const auto place = parse_host_port(text);
    EXPECT_EQ(host_port(place->host, place->port), text);
  }
}

TEST(HostPort, of_a_peer_gives_its_host) {
  EXPECT_EQ(host_of("127.0.0.1:53412"), "127.0.0.1");
  EXPECT_EQ(host_of("[::1]:53412"), "::1");
}

}  // namespace
}  // namespace signet::net
