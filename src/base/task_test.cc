#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/try.h"

namespace signet {
namespace {

Task<int> immediate(int value) {
  co_return value;
}

Task<int> sum(int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) total += co_await immediate(1);
  co_return total;
}

// Completes when the test says so.
struct Gate {
  Callback<int>::Complete complete;
  Callback<int> wait() {
    return Callback<int>([this](Callback<int>::Complete done) { complete = std::move(done); });
  }
};

Task<std::string> through(Gate& gate, std::vector<std::string>& log) {  // NOLINT: outlives the task
  log.emplace_back("before");
  const int value = co_await gate.wait();
  log.emplace_back("after");
  co_return std::to_string(value);
}

TEST(Task, runs_nothing_until_it_is_spawned) {
  Gate gate;
  std::vector<std::string> log;
  auto task = through(gate, log);
  EXPECT_TRUE(log.empty());
  spawn(std::move(task), [](const std::string&) {});
  EXPECT_EQ(log, std::vector<std::string>{"before"});
  gate.complete(1);
}

TEST(Task, delivers_its_value_before_spawn_returns_when_nothing_waits) {
  int result = 0;
  spawn(immediate(7), [&](int value) { result = value; });
  EXPECT_EQ(result, 7);
}

TEST(Task, resumes_where_the_callback_completes) {
  Gate gate;
  std::vector<std::string> log;
  std::string result;
  spawn(through(gate, log), [&](std::string value) { result = std::move(value); });
  EXPECT_EQ(result, "");
  gate.complete(42);
  EXPECT_EQ(result, "42");
  EXPECT_EQ(log, (std::vector<std::string>{"before", "after"}));
}

TEST(Task, completes_at_once_when_the_callback_does) {
  int result = 0;
  const auto start = [] -> Task<int> {
    co_return co_await Callback<int>([](Callback<int>::Complete done) { done(5); });
  };
  spawn(start(), [&](int value) { result = value; });
  EXPECT_EQ(result, 5);
}

TEST(Task, long_chains_of_awaits_do_not_use_up_the_stack) {
  int result = 0;
#ifdef NDEBUG
  constexpr int count = 1'000'000;
#else
  // Without optimisation the compiler may turn a symmetric transfer into a call.
  constexpr int count = 1'000;
#endif
  spawn(sum(count), [&](int value) { result = value; });
  EXPECT_EQ(result, count);
}

TEST(Task, carries_values_that_only_move) {
  const auto make = [] -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  int result = 0;
  spawn(make(), [&](const std::unique_ptr<int>& value) { result = *value; });
  EXPECT_EQ(result, 3);
}

struct Tracked {
  explicit Tracked(int& alive_count) : alive(&alive_count) { ++*alive; }
  Tracked(const Tracked& other) : alive(other.alive) { ++*alive; }
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() { --*alive; }
  int* alive;
};

Task<int> hold(Tracked tracked, Gate* gate) {
  const int extra = gate == nullptr ? 0 : co_await gate->wait();
  co_return *tracked.alive + extra;
}

TEST(Task, frees_its_parameters_whether_it_ran_or_not) {
  int alive = 0;
  {
    const auto never_run = hold(Tracked(alive), nullptr);
  }
  EXPECT_EQ(alive, 0);
  spawn(hold(Tracked(alive), nullptr), [](int) {});
  EXPECT_EQ(alive, 0);
  Gate gate;
  spawn(hold(Tracked(alive), &gate), [](int) {});
  EXPECT_GT(alive, 0);
  gate.complete(0);
  EXPECT_EQ(alive, 0);
}

Task<Result<int>> fails() {
  co_return fail(ErrorKind::conflict, "taken");
}

Task<Result<int>> tries(bool& reached) {  // NOLINT: outlives the task
  CO_TRY(const auto value, co_await fails());
  reached = true;
  co_return value;
}

TEST(Task, co_try_returns_the_error) {
  bool reached = false;
  ErrorKind kind = ErrorKind::internal;
  spawn(tries(reached), [&](Result<int> result) { kind = result.error().kind; });
  EXPECT_FALSE(reached);
  EXPECT_EQ(kind, ErrorKind::conflict);
}

}  // namespace
}  // namespace signet
