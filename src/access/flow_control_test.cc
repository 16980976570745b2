#include "access/flow_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/cat.h"

namespace signet::access {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A loop that runs when the test says so, and a clock that passes only by the work that requests
// say they take.
class FlowControlTest : public ::testing::Test {
 protected:
  class Queue final : public Executor {
   public:
    void post(std::move_only_function<void()> work) override { work_.push_back(std::move(work)); }
    bool step() {
      if (work_.empty()) return false;
      auto work = std::move(work_.front());
      work_.pop_front();
      work();
      return true;
    }

   private:
    std::deque<std::move_only_function<void()>> work_;
  };

  // Nobody is left waiting.
  void TearDown() override {
    if (control_) control_->stop();
    while (!commits_.empty()) end_commit();
    run_all();
  }

  FlowControl& control() {
    if (!control_) control_.emplace(options_, loop_, metrics_, [this] { return time_; });
    return *control_;
  }

  Task<int> work(std::string name, nanoseconds cost) {
    time_ += cost;
    used_[name] += cost;
    order_.push_back(name);
    co_return 1;
  }
  Task<int> commit(std::string name) {
    order_.push_back(name);
    co_return co_await Callback<int>([this](auto done) { commits_.push_back(std::move(done)); });
  }
  void end_commit() {
    auto done = std::move(commits_.front());
    commits_.pop_front();
    done(1);
  }

  static Task<int> through(FlowControl& control, FlowControl::Flow& flow, RequestKind kind,
                           std::shared_ptr<const bool> abandoned, Task<int> task,
                           std::vector<std::string>& refused, std::string name) {
    const auto done = co_await control.run(flow, kind, std::move(abandoned), std::move(task));
    if (!done) refused.push_back(cat(name, ' ', static_cast<int>(done.error())));
    co_return 0;
  }
  void send(const std::string& user, Task<int> task, RequestKind kind = RequestKind::read,
            PriorityLevel level = PriorityLevel::everybody,
            std::shared_ptr<const bool> abandoned = nullptr) {
    spawn(through(control(), control().flow({.level = level, .name = user}), kind,
                  std::move(abandoned), std::move(task), refused_, user),
          [this](int) { ++answered_; });
  }
  void list(const std::string& user, PriorityLevel level = PriorityLevel::everybody) {
    send(user, work(user, milliseconds(20)), RequestKind::read, level);
  }
  void get(const std::string& user, PriorityLevel level = PriorityLevel::everybody) {
    send(user, work(user, microseconds(10)), RequestKind::read, level);
  }
  void run_all() {
    while (loop_.step()) {
    }
  }
  static std::string refusal(const std::string& user, FlowRefusal why) {
    return cat(user, ' ', static_cast<int>(why));
  }

  FlowControl::Options options_;
  Queue loop_;
  telemetry::Registry metrics_;
  FlowControl::Time time_{};
  std::optional<FlowControl> control_;
  std::map<std::string, nanoseconds> used_;
  std::vector<std::string> order_;
  std::vector<std::string> refused_;
  std::deque<Callback<int>::Complete> commits_;
  int answered_ = 0;
};

TEST_F(FlowControlTest, a_request_runs_at_once_when_nobody_waits) {
  get("a");
  EXPECT_EQ(answered_, 1);
  EXPECT_FALSE(loop_.step());
}

TEST_F(FlowControlTest, a_heavy_user_waits_for_his_next_turn_and_loses_nothing) {
  for (int i = 0; i < 100; ++i) list("noisy");
  EXPECT_EQ(answered_, 1);
  for (int round = 0; round < 99; ++round) ASSERT_TRUE(loop_.step());
  EXPECT_EQ(answered_, 100);
  EXPECT_TRUE(refused_.empty());
}

TEST_F(FlowControlTest, a_light_user_goes_before_all_that_a_heavy_one_has_queued) {
  for (int i = 0; i < 1000; ++i) list("noisy");
  for (int i = 0; i < 40; ++i) get("quiet");
  EXPECT_THAT(order_, ElementsAre("noisy"));
  loop_.step();
  EXPECT_EQ(std::count(order_.begin() + 1, order_.begin() + 41, "quiet"), 40);
}

TEST_F(FlowControlTest, a_light_user_waits_for_one_request_of_every_heavy_one) {
  for (int i = 0; i < 100; ++i) {
    for (int user = 0; user < 10; ++user) list(cat("noisy-", user));
  }
  for (int i = 0; i < 500; ++i) loop_.step();
  const auto before = time_;
  get("quiet");
  order_.clear();
  while (used_["quiet"] == nanoseconds(0)) ASSERT_TRUE(loop_.step());
  const auto place = std::ranges::find(order_, "quiet") - order_.begin();
  EXPECT_LE(place, 10);
  EXPECT_LE(time_ - before, 11 * milliseconds(20) + microseconds(10));
}

TEST_F(FlowControlTest, users_of_a_level_share_the_time_and_not_the_requests) {
  for (int i = 0; i < 400; ++i) {
    send("dear", work("dear", milliseconds(4)));
    send("cheap", work("cheap", milliseconds(1)));
  }
  for (int i = 0; i < 200; ++i) loop_.step();
  const auto ratio =
      static_cast<double>(used_["dear"].count()) / static_cast<double>(used_["cheap"].count());
  EXPECT_GT(ratio, 0.9);
  EXPECT_LT(ratio, 1.1);
}

TEST_F(FlowControlTest, levels_share_the_time_as_their_shares_say) {
  for (int i = 0; i < 1000; ++i) {
    send("system:node:n", work("node", milliseconds(1)), RequestKind::read, PriorityLevel::system);
    send("account", work("account", milliseconds(1)), RequestKind::read, PriorityLevel::workload);
    send("jane", work("jane", milliseconds(1)));
  }
  used_.clear();
  for (int i = 0; i < 700; ++i) loop_.step();
  EXPECT_NEAR(static_cast<double>(used_["node"] / milliseconds(1)), 400, 8);
  EXPECT_NEAR(static_cast<double>(used_["account"] / milliseconds(1)), 200, 8);
  EXPECT_NEAR(static_cast<double>(used_["jane"] / milliseconds(1)), 100, 8);
}

TEST_F(FlowControlTest, many_users_of_a_level_do_not_starve_a_level_above) {
  for (int i = 0; i < 2000; ++i) list(cat("address-", i));
  get("system:node:n", PriorityLevel::system);
  EXPECT_EQ(order_.back(), "system:node:n");
  // One of them ran, and used up what the level may run at once.
  EXPECT_EQ(answered_, 2);
}

TEST_F(FlowControlTest, whoever_had_the_loop_alone_owes_nobody) {
  for (int i = 0; i < 500; ++i) {
    send("early", work("early", milliseconds(1)));
    run_all();
  }
  used_.clear();
  for (int i = 0; i < 200; ++i) {
    send("early", work("early", milliseconds(1)));
    send("late", work("late", milliseconds(1)));
  }
  for (int i = 0; i < 100; ++i) loop_.step();
  EXPECT_NEAR(static_cast<double>(used_["early"] / milliseconds(1)),
              static_cast<double>(used_["late"] / milliseconds(1)), 2);
}

TEST_F(FlowControlTest, system_masters_never_wait) {
  for (int i = 0; i < 50; ++i) list("admin", PriorityLevel::exempt);
  EXPECT_EQ(answered_, 50);
}

TEST_F(FlowControlTest, a_full_queue_refuses_its_own_user_only) {
  options_.user_queue_max = 3;
  for (int i = 0; i < 4; ++i) list("noisy");
  EXPECT_TRUE(refused_.empty());
  list("noisy");
  EXPECT_THAT(refused_, ElementsAre(refusal("noisy", FlowRefusal::queue_full)));
  list("other");
  EXPECT_EQ(refused_.size(), 1U);
  run_all();
  EXPECT_EQ(answered_, 6);
  EXPECT_THAT(metrics_.text(), HasSubstr("apiserver_flowcontrol_rejected_requests_total{priority_"
                                         "level=\"everybody\",reason=\"queue-full\"} 1"));
}

TEST_F(FlowControlTest, a_full_level_refuses_whoever_comes) {
  options_.level_queue_max = 2;
  for (int i = 0; i < 3; ++i) list(cat("user-", i));
  EXPECT_TRUE(refused_.empty());
  list("one-more");
  EXPECT_THAT(refused_, ElementsAre(refusal("one-more", FlowRefusal::queue_full)));
}

TEST_F(FlowControlTest, a_request_that_waited_too_long_is_refused) {
  options_.queue_time_max = milliseconds(20);
  for (int i = 0; i < 2; ++i) list("noisy");
  time_ += milliseconds(20);
  run_all();
  EXPECT_TRUE(refused_.empty());
  for (int i = 0; i < 2; ++i) list("noisy");
  time_ += milliseconds(20) + nanoseconds(1);
  run_all();
  EXPECT_THAT(refused_, ElementsAre(refusal("noisy", FlowRefusal::time_out)));
}

TEST_F(FlowControlTest, what_nobody_waits_for_any_more_never_runs) {
  list("noisy");
  const auto gone = std::make_shared<bool>(false);
  send("noisy", work("gone", milliseconds(1)), RequestKind::read, PriorityLevel::everybody, gone);
  *gone = true;
  run_all();
  EXPECT_EQ(used_.count("gone"), 0U);
  EXPECT_THAT(refused_, ElementsAre(refusal("noisy", FlowRefusal::cancelled)));
}

TEST_F(FlowControlTest, changes_in_flight_are_limited_and_reads_pass_by) {
  options_.mutating_max = 2;
  for (int i = 0; i < 3; ++i) send("writer", commit("writer"), RequestKind::mutating);
  run_all();
  EXPECT_EQ(commits_.size(), 2U);
  get("reader");
  EXPECT_EQ(answered_, 1);
  EXPECT_THAT(metrics_.text(),
              HasSubstr("apiserver_current_inflight_requests{request_kind=\"mutating\"} 2"));
  end_commit();
  run_all();
  EXPECT_EQ(commits_.size(), 2U);
  end_commit();
  end_commit();
  EXPECT_EQ(answered_, 4);
}

TEST_F(FlowControlTest, who_waits_for_a_signer_outside_takes_nobodys_place) {
  options_.reads_max = 1;
  options_.mutating_max = 1;
  for (int i = 0; i < 1000; ++i) send("impatient", commit("impatient"), RequestKind::signing);
  run_all();
  EXPECT_EQ(commits_.size(), 1000U);
  EXPECT_THAT(metrics_.text(),
              HasSubstr("apiserver_current_inflight_requests{request_kind=\"signing\"} 1000"));
  get("impatient");
  send("impatient", commit("impatient"), RequestKind::mutating);
  run_all();
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(commits_.size(), 1001U);
}

TEST_F(FlowControlTest, the_next_place_for_a_change_goes_to_who_had_less) {
  options_.mutating_max = 1;
  for (int i = 0; i < 50; ++i) send("noisy", commit("noisy"), RequestKind::mutating);
  run_all();
  end_commit();
  run_all();
  send("quiet", commit("quiet"), RequestKind::mutating);
  end_commit();
  run_all();
  EXPECT_EQ(order_.back(), "quiet");
}

TEST_F(FlowControlTest, stopping_ends_everything_that_waits) {
  for (int i = 0; i < 5; ++i) list("noisy");
  control().stop();
  EXPECT_EQ(answered_, 5);
  EXPECT_THAT(refused_, Contains(refusal("noisy", FlowRefusal::stopping)).Times(4));
  get("late");
  EXPECT_EQ(refused_.back(), refusal("late", FlowRefusal::stopping));
  run_all();
}

TEST_F(FlowControlTest, stopping_lets_what_runs_come_to_its_end) {
  send("writer", commit("writer"), RequestKind::mutating);
  control().stop();
  end_commit();
  EXPECT_EQ(answered_, 1);
  EXPECT_TRUE(refused_.empty());
}

TEST_F(FlowControlTest, watches_of_a_user_are_limited_and_given_back) {
  options_.user_watches_max = 2;
  auto& flow = control().flow({.level = PriorityLevel::workload, .name = "w"});
  auto first = control().watch(flow);
  const auto second = control().watch(flow);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(control().watch(flow), nullptr);
  first.reset();
  EXPECT_NE(control().watch(flow), nullptr);
}

TEST_F(FlowControlTest, users_without_anything_here_are_forgotten_and_others_are_not) {
  const auto watching = control().watch(control().flow({.name = "watcher"}));
  send("writer", commit("writer"), RequestKind::mutating);
  for (int i = 0; i < 5000; ++i) get(cat("user-", i));
  run_all();
  end_commit();
  list("x");
  run_all();
  EXPECT_EQ(answered_, 5002);
}

TEST(RequestKind, follows_the_verb) {
  EXPECT_EQ(kind_of_verb("list"), RequestKind::read);
  EXPECT_EQ(kind_of_verb("watch"), RequestKind::read);
  EXPECT_EQ(kind_of_verb("create"), RequestKind::mutating);
  EXPECT_EQ(kind_of_verb("deletecollection"), RequestKind::mutating);
}

}  // namespace
}  // namespace signet::access
