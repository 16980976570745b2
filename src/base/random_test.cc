#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <set>

namespace signet {
namespace {

// Hands out the 64-bit numbers it was given.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::deque<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  void fill(std::span<std::byte> bytes) override {
    ASSERT_EQ(bytes.size(), sizeof(std::uint64_t));
    ASSERT_FALSE(numbers_.empty());
    std::memcpy(bytes.data(), &numbers_.front(), bytes.size());
    numbers_.pop_front();
  }
  bool finished() const { return numbers_.empty(); }

 private:
  std::deque<std::uint64_t> numbers_;
};

TEST(SystemRandom, does_not_repeat_itself) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(uuid_v4(random));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(SystemRandom, fills_every_byte_of_a_large_buffer) {
  SystemRandom random;
  // Larger than what one system call is sure to deliver.
  std::vector<std::byte> bytes(100'000);
  random.fill(bytes);
  const std::set<std::byte> tail(bytes.end() - 2000, bytes.end());
  EXPECT_GT(tail.size(), 200U);
  random.fill({});
}

TEST(SeededRandom, repeats_itself_for_the_same_seed_only) {
  SeededRandom one(1);
  SeededRandom again(1);
  SeededRandom two(2);
  const auto first = uuid_v4(one);
  EXPECT_EQ(uuid_v4(again), first);
  EXPECT_NE(uuid_v4(two), first);
  EXPECT_NE(uuid_v4(one), first);
}

TEST(BufferedRandom, hands_out_the_bytes_of_its_source_once_each) {
  SeededRandom source(7);
  SeededRandom same_source(7);
  BufferedRandom random(source);
  std::array<std::byte, 1024> expected{};
  same_source.fill(expected);
  std::array<std::byte, 1000> first{};
  std::array<std::byte, 24> rest{};
  random.fill(first);
  random.fill(rest);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), expected.begin()));
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), expected.begin() + 1000));
  std::array<std::byte, 16> next{};
  random.fill(next);
  EXPECT_FALSE(std::equal(next.begin(), next.end(), expected.begin()));
}

TEST(BufferedRandom, passes_on_what_is_larger_than_its_buffer) {
  SeededRandom source(7);
  SeededRandom same_source(7);
  BufferedRandom random(source);
  std::array<std::byte, 2000> got{};
  std::array<std::byte, 2000> expected{};
  random.fill(got);
  same_source.fill(expected);
  EXPECT_EQ(got, expected);
}

TEST(Uuid, has_the_version_and_variant_of_rfc_9562) {
  SeededRandom random(3);
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(uuid_v4(random),
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                      "[0-9a-f]{12}"));
  }
}

TEST(Uniform, stays_below_its_bound_and_reaches_every_value) {
  SeededRandom random(4);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto value = uniform(random, 7);
    ASSERT_LT(value, 7U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(uniform(random, 1), 0U);
}

TEST(Uniform, draws_again_where_the_range_does_not_divide) {
  constexpr std::uint64_t max = ~std::uint64_t{0};
  // max = 3 * k: the last accepted number is max - 1, max itself would favour 0.
  ScriptedRandom random({max, max - 1});
  EXPECT_EQ(uniform(random, 3), 2U);
  EXPECT_TRUE(random.finished());
}

}  // namespace
}  // namespace signet
