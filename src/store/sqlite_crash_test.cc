// kill -9 at any moment loses nothing that was acknowledged.
#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "store/conformance/harness.h"
#include "store/sqlite.h"

namespace signet::store {
namespace {

constexpr int slots = 8;

// What the child tells for each acknowledged write; small enough that write(2) to a pipe is atomic.
struct Acknowledged {
  std::int32_t slot = 0;
  std::int32_t generation = 0;
  Revision revision = 0;
};

std::string key_of(int slot) {
  return cat("slot/", slot);
}
// Some long enough to overflow pages; each says which write it was.
std::string value_of(int slot, int generation) {
  return cat(slot, '/', generation, '/',
             std::string(static_cast<std::size_t>((generation * 37) % 6000), 'v'));
}

// Never returns: each slot is a chain of compare-and-set writes, the next sent when the last is
// acknowledged, so that several are always in the queue.
class Chain {
 public:
  Chain(Store& store, int pipe, int slot, int generation, Revision revision)
      : store_(store), pipe_(pipe), slot_(slot), generation_(generation), revision_(revision) {}

  void next() {
    ++generation_;
    store_.commit({.key = key_of(slot_),
                   .value = value_of(slot_, generation_),
                   .expected = revision_,
                   .attachment = nullptr},
                  [this](const Outcome& outcome) {
                    if (!outcome) ::_exit(2);
                    revision_ = *outcome;
                    const Acknowledged line{
                        .slot = slot_, .generation = generation_, .revision = revision_};
                    if (::write(pipe_, &line, sizeof line) != sizeof line) ::_exit(3);
                    next();
                  });
  }

 private:
  Store& store_;
  int pipe_;
  int slot_;
  int generation_;
  Revision revision_;
};

[[noreturn]] void write_until_killed(const std::string& path, int pipe,
                                     const std::map<int, Acknowledged>& from) {
  auto store = SqliteStore::open(path, {.history = 20});
  if (!store) ::_exit(4);
  std::vector<Chain> chains;
  chains.reserve(slots);
  for (int slot = 0; slot < slots; ++slot) {
    const auto at = from.find(slot);
    chains.emplace_back(**store, pipe, slot, at == from.end() ? 0 : at->second.generation,
                        at == from.end() ? 0 : at->second.revision);
  }
  for (Chain& chain : chains) chain.next();
  while (true) ::pause();
}

class SqliteCrash : public testing::Test {
 public:
  const TemporaryDirectory directory;
  std::map<int, Acknowledged> known;  // the state by slot
  int acknowledged = 0;

  // Forks while this process has one thread; the child's threads die with it.
  void crash_after(std::chrono::microseconds delay) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(directory.database(), ends[1], known);
    }
    ::close(ends[1]);
    // The first line says that it is at work; then it lives for `delay` while its lines are read.
    bool first = true;
    std::thread killer;
    Acknowledged line;
    while (::read(ends[0], &line, sizeof line) == sizeof line) {
      known[line.slot] = line;
      ++acknowledged;
      if (std::exchange(first, false)) {
        killer = std::thread([child, delay] {
          std::this_thread::sleep_for(delay);
          ::kill(child, SIGKILL);
        });
      }
    }
    ::close(ends[0]);
    if (killer.joinable()) killer.join();
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }

  // A slot is where it was acknowledged to be, or one write further: committed, not yet told.
  void check() {
    auto store = SqliteStore::open(directory.database());
    ASSERT_TRUE(store.has_value()) << store.error().message;
    const auto range = (*store)->range("");
    ASSERT_TRUE(range.has_value());
    const Contents found = contents(range->entries);
    for (int slot = 0; slot < slots; ++slot) {
      const auto at = found.find(key_of(slot));
      const Acknowledged before = known[slot];
      if (at == found.end()) {
        ASSERT_EQ(before.generation, 0) << "slot " << slot << " lost";
        known.erase(slot);
        continue;
      }
      const auto& [value, revision] = at->second;
      if (value == value_of(slot, before.generation)) {
        ASSERT_EQ(revision, before.revision);
        continue;
      }
      ASSERT_EQ(value, value_of(slot, before.generation + 1)) << "slot " << slot;
      ASSERT_GT(revision, before.revision);
      known[slot] = {.slot = slot, .generation = before.generation + 1, .revision = revision};
    }
    Revision newest = 0;
    for (const Entry& entry : range->entries) newest = std::max(newest, entry.revision);
    ASSERT_EQ(range->revision, newest);
  }
};

TEST_F(SqliteCrash, kill_at_random_moments_loses_nothing_acknowledged) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 12; ++round) {
    crash_after(std::chrono::microseconds(random() % 60000));
    if (HasFatalFailure()) return;
    check();
    if (HasFatalFailure()) return;
  }
  EXPECT_GE(acknowledged, 12);
}

}  // namespace
}  // namespace signet::store
