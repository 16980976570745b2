#include "store/commit_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/conformance/harness.h"

namespace signet::store {
namespace {

using testing::ElementsAre;

// Gathers `values` behind a first write that holds the thread, and returns the sizes of batches.
std::vector<std::size_t> batches_of(std::vector<std::string> values) {
  std::vector<std::size_t> sizes;
  std::vector<std::string> keys;
  int rests = 0;
  Revision revision = 0;
  Gate gate;
  Gate held;
  CommitThread thread(
      [&](std::span<const Write> batch) {
        sizes.push_back(batch.size());
        std::vector<Outcome> outcomes;
        for (const Write& write : batch) {
          keys.push_back(write.key);
          outcomes.emplace_back(++revision);
        }
        return outcomes;
      },
      [&] { ++rests; });
  std::vector<Revision> told;
  thread.push({.key = "first", .value = "", .expected = {}, .attachment = {}}, [&](const Outcome&) {
    held.open();
    gate.wait();
  });
  held.wait();
  for (std::size_t i = 0; i < values.size(); ++i) {
    thread.push(
        {.key = std::to_string(i), .value = std::move(values[i]), .expected = {}, .attachment = {}},
        [&](const Outcome& outcome) { told.push_back(outcome.value()); });
  }
  gate.open();
  thread.stop();

  EXPECT_EQ(rests, static_cast<int>(sizes.size()));
  EXPECT_EQ(keys.size(), values.size() + 1);
  EXPECT_EQ(told.size(), values.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(keys[i + 1], std::to_string(i));
    EXPECT_EQ(told[i], static_cast<Revision>(i + 2));
  }
  EXPECT_EQ(sizes.at(0), 1U);
  sizes.erase(sizes.begin());
  return sizes;
}

TEST(CommitThread, everything_queued_is_one_batch_up_to_1024_writes) {
  EXPECT_THAT(batches_of(std::vector<std::string>(1023, "v")), ElementsAre(1023));
  EXPECT_THAT(batches_of(std::vector<std::string>(1024, "v")), ElementsAre(1024));
  EXPECT_THAT(batches_of(std::vector<std::string>(1025, "v")), ElementsAre(1024, 1));
  EXPECT_THAT(batches_of(std::vector<std::string>(2500, "v")), ElementsAre(1024, 1024, 452));
}

TEST(CommitThread, a_batch_ends_with_the_write_that_reaches_8_mib) {
  const std::string three_mib(std::size_t{3} << 20U, 'v');
  EXPECT_THAT(batches_of({three_mib, three_mib}), ElementsAre(2));
  EXPECT_THAT(batches_of({three_mib, three_mib, three_mib, "v"}), ElementsAre(3, 1));
  EXPECT_THAT(batches_of({std::string(std::size_t{12} << 20U, 'v'), "v", "v"}), ElementsAre(1, 2));
}

TEST(CommitThread, the_queue_holds_65536_writes) {
  Gate gate;
  Gate held;
  int done = 0;
  int refused = 0;
  CommitThread thread([](std::span<const Write> batch) {
    return std::vector<Outcome>(batch.size(), Outcome(Revision{1}));
  });
  const auto push = [&] {
    thread.push({.key = "k", .value = "v", .expected = {}, .attachment = {}},
                [&](const Outcome& outcome) {
                  if (outcome) {
                    ++done;
                  } else {
                    ++refused;
                  }
                });
  };
  thread.push({.key = "first", .value = "", .expected = {}, .attachment = {}}, [&](const Outcome&) {
    held.open();
    gate.wait();
  });
  held.wait();
  for (int i = 0; i < 65536; ++i) push();
  EXPECT_EQ(refused, 0);
  push();
  EXPECT_EQ(refused, 1);
  gate.open();
  thread.stop();
  EXPECT_EQ(done, 65536);
}

}  // namespace
}  // namespace signet::store
