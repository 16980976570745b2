#include "gate/listen.h"

#include <gtest/gtest.h>

namespace signet::gate {
namespace {

TEST(Place, is_host_and_port_or_a_socket_file) {
  EXPECT_EQ(*parse_place("127.0.0.1:80"), (Place{.host = "127.0.0.1", .port = 80}));
  EXPECT_EQ(*parse_place("[::1]:0"), (Place{.host = "::1", .port = 0}));
  EXPECT_EQ(*parse_place("unix:/run/a.sock"), (Place{.unix_path = "/run/a.sock"}));
}

TEST(Place, anything_else_is_refused) {
  for (const auto* bad : {"", "80", ":80", "a:65536", "unix:", "/run/a.sock"}) {
    EXPECT_FALSE(parse_place(bad)) << bad;
  }
}

TEST(Place, is_written_as_it_is_read) {
  for (const auto* text : {"127.0.0.1:80", "[::1]:443", "unix:/run/a.sock"}) {
    EXPECT_EQ(parse_place(text)->to_text(), text);
  }
}

TEST(Place, is_local_on_loopback_and_in_a_file) {
  for (const auto* local : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_TRUE(parse_place(local)->is_local()) << local;
  }
  for (const auto* open : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "gate.example:1"}) {
    EXPECT_FALSE(parse_place(open)->is_local()) << open;
  }
}

}  // namespace
}  // namespace signet::gate
