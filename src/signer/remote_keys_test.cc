#include "signer/remote_keys.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <stop_token>
#include <thread>

#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::remote_key;
using fixture::remote_keys;
using std::chrono::seconds;

class RemoteKeyKeeping : public testing::Test {
 protected:
  using Time = RemoteKeyKeeper::Time;

  void SetUp() override { ASSERT_TRUE(keeper.load(seconds{60}, now)); }
  Time attend_after(seconds wait) {
    now += wait;
    clock.advance(wait);
    return keeper.attend(now);
  }
  std::string first_kid() { return keeper.ring().current()->verification.front().kid; }
  void look() {
    keeper.look(loop, [this] { ++found; });
  }

  fixture::FakeSigner remote;
  ManualClock clock{Instant(seconds{1000})};
  telemetry::Registry metrics;
  fixture::Turned loop;
  RemoteKeyKeeper keeper{remote, clock, metrics};
  Time now{std::chrono::hours(100)};
  int found = 0;
};

TEST_F(RemoteKeyKeeping, refreshes_when_the_hint_says_so) {
  EXPECT_EQ(*keeper.ring().next_change(), Instant(seconds{1060}));
  EXPECT_EQ(keeper.attend(now), now + seconds{60});
  remote.keys = remote_keys({remote_key("b")}, 30);
  attend_after(seconds{59});
  EXPECT_EQ(remote.fetches, 1);
  EXPECT_EQ(attend_after(seconds{1}), now + seconds{30});
  EXPECT_EQ(remote.fetches, 2);
  EXPECT_EQ(first_kid(), "b");
  EXPECT_EQ(*keeper.ring().next_change(), Instant(seconds{1090}));
}

// tokens.md 13.118.
TEST_F(RemoteKeyKeeping, keeps_what_it_has_after_a_failure_and_tries_again_in_ten_seconds) {
  remote.keys = fail(ErrorKind::unavailable, "away");
  EXPECT_EQ(attend_after(seconds{60}), now + seconds{10});
  EXPECT_EQ(first_kid(), "a");
  remote.keys = remote_keys({remote_key("b")}, 0);
  EXPECT_EQ(attend_after(seconds{10}), now + seconds{10});
  EXPECT_EQ(first_kid(), "a");
  remote.keys = remote_keys({remote_key("b")});
  EXPECT_EQ(attend_after(seconds{10}), now + seconds{60});
  EXPECT_EQ(first_kid(), "b");
}

TEST_F(RemoteKeyKeeping, replaces_the_set_only_when_its_data_changed) {
  identity::KeyRing::Reader reader(keeper.ring());
  reader.current();
  const auto before = reader.generation();
  attend_after(seconds{60});
  reader.current();
  EXPECT_EQ(reader.generation(), before);

  auto changed = remote_keys({remote_key("a")});
  for (const auto& change : std::vector<std::function<void()>>{
           [&] { changed.timestamp_nanos = 1; }, [&] { changed.keys[0].unpublished = true; },
           [&] { changed.keys.push_back(remote_key("b", 1)); },
           [&] { std::swap(changed.keys[0], changed.keys[1]); }, [&] { changed.keys[0].id = "c"; },
           [&] { changed.keys[0] = remote_key("c", 2); }}) {
    change();
    remote.keys = changed;
    const auto held = reader.generation();
    attend_after(seconds{60});
    reader.current();
    EXPECT_GT(reader.generation(), held);
  }
}

// tokens.md 13.116.
TEST_F(RemoteKeyKeeping, who_looks_waits_for_one_fetch_that_all_share) {
  attend_after(seconds{5});
  for (int i = 0; i < 100; ++i) look();
  remote.keys = remote_keys({remote_key("b")});
  keeper.attend(now);
  EXPECT_EQ(remote.fetches, 2);
  EXPECT_EQ(found, 0);
  loop.turn();
  EXPECT_EQ(found, 100);
  EXPECT_EQ(first_kid(), "b");
}

TEST_F(RemoteKeyKeeping, looks_begin_at_most_once_a_second) {
  look();
  EXPECT_EQ(keeper.attend(now), now + seconds{1});  // load() was just now
  loop.turn();
  EXPECT_EQ(found, 0);
  EXPECT_EQ(remote.fetches, 1);
  EXPECT_EQ(attend_after(seconds{1}), now + seconds{60});
  loop.turn();
  EXPECT_EQ(found, 1);
  EXPECT_EQ(remote.fetches, 2);
}

TEST_F(RemoteKeyKeeping, a_look_that_fails_ends_all_the_same) {
  attend_after(seconds{5});
  remote.keys = fail(ErrorKind::unavailable, "away");
  look();
  EXPECT_EQ(keeper.attend(now), now + seconds{10});
  loop.turn();
  EXPECT_EQ(found, 1);
  EXPECT_EQ(first_kid(), "a");
}

TEST_F(RemoteKeyKeeping, only_so_many_wait_and_nobody_does_after_the_stop) {
  for (std::size_t i = 0; i < RemoteKeyKeeper::waiting_max; ++i) look();
  loop.turn();
  EXPECT_EQ(found, 0);
  look();
  loop.turn();
  EXPECT_EQ(found, 1);
  keeper.stop();
  loop.turn();
  EXPECT_EQ(found, static_cast<int>(RemoteKeyKeeper::waiting_max) + 1);
  look();
  loop.turn();
  EXPECT_EQ(found, static_cast<int>(RemoteKeyKeeper::waiting_max) + 2);
}

TEST_F(RemoteKeyKeeping, a_look_wakes_the_thread_that_waits) {
  std::jthread thread([&](const std::stop_token& stop) {
    keeper.wait_until(std::chrono::steady_clock::now() + std::chrono::hours(1), stop);
  });
  look();
  thread.join();
}

TEST_F(RemoteKeyKeeping, endless_hints_do_not_overflow) {
  remote.keys = remote_keys({remote_key("a")}, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(attend_after(seconds{60}), now + std::chrono::days{365});
}

TEST(RemoteKeyLoading, says_why_there_are_none) {
  fixture::FakeSigner remote;
  ManualClock clock{Instant(seconds{1000})};
  telemetry::Registry metrics;
  RemoteKeyKeeper keeper(remote, clock, metrics);
  remote.keys = fail(ErrorKind::unavailable, "away");
  EXPECT_EQ(keeper.load(seconds{60}, {}).error().message, "away");
  remote.keys = remote_keys({});
  EXPECT_EQ(keeper.load(seconds{60}, {}).error().message, "there are no keys");
}

}  // namespace
}  // namespace signet::signer
