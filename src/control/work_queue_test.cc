#include "control/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machinery/api_fixture_for_tests.h"

namespace signet::control {
namespace {

using machinery::ApiError;
using machinery::ApiResult;
using testing::ElementsAre;

// A reconcile function that waits until the test lets it go on.
class Queue : public testing::Test {
 protected:
  machinery::fixture::LoopThread thread;
  std::vector<std::string> ran;
  std::function<ApiResult<void>(const std::string&)> answer;
  std::function<void()> inside;
  std::promise<void> enough;
  std::size_t wanted = 0;

  Task<ApiResult<void>> reconcile(std::string key) {
    ran.push_back(key);
    if (inside) inside();
    auto done = answer ? answer(key) : ApiResult<void>{};
    if (ran.size() == wanted) enough.set_value();
    co_return done;
  }
  WorkQueue queue{thread.loop(), "test",
                  [this](std::string key) { return reconcile(std::move(key)); }};

  ~Queue() override {
    thread.run([this] { queue.stop(); });
    thread.run([] {});
  }
  void add(std::vector<std::string> keys) {
    thread.run([&] {
      for (auto& key : keys) queue.add(std::move(key));
    });
  }
  void settle() {
    for (int i = 0; i < 8; ++i) thread.run([] {});
  }
};

TEST_F(Queue, runs_every_key_once_and_one_at_a_time) {
  wanted = 3;
  inside = [this] {
    if (ran.size() > 1) return;
    for (const auto* key : {"c", "b", "b"}) queue.add(key);
    EXPECT_THAT(ran, ElementsAre("a")) << "not inside another";
  };
  add({"a"});
  enough.get_future().wait();
  settle();
  EXPECT_THAT(ran, ElementsAre("a", "b", "c"));
}

TEST_F(Queue, a_key_added_while_it_runs_runs_once_more) {
  wanted = 2;
  inside = [this] {
    if (ran.size() > 1) return;
    queue.add("a");
    queue.add("a");
  };
  add({"a"});
  enough.get_future().wait();
  settle();
  EXPECT_THAT(ran, ElementsAre("a", "a"));
}

TEST_F(Queue, what_fails_is_tried_until_it_succeeds_and_holds_up_nobody) {
  wanted = 5;
  int failures = 3;
  answer = [&](const std::string& key) -> ApiResult<void> {
    if (key == "bad" && failures-- > 0) return machinery::refuse(ApiError::internal("no"));
    return {};
  };
  add({"bad", "good"});
  enough.get_future().wait();
  settle();
  EXPECT_THAT(ran, ElementsAre("bad", "good", "bad", "bad", "bad"));
}

TEST_F(Queue, adding_what_waits_for_its_next_try_runs_it_now_and_once) {
  wanted = 2;
  answer = [&](const std::string&) -> ApiResult<void> {
    if (ran.size() == 1) return machinery::refuse(ApiError::internal("no"));
    return {};
  };
  add({"a", "a"});  // at once: the next try comes soon
  enough.get_future().wait();
  settle();
  EXPECT_THAT(ran, ElementsAre("a", "a"));
}

TEST_F(Queue, nothing_starts_after_stop) {
  answer = [](const std::string&) -> ApiResult<void> {
    return machinery::refuse(ApiError::internal("no"));
  };
  inside = [this] { queue.stop(); };
  add({"a", "b"});
  settle();
  add({"c"});
  settle();
  EXPECT_THAT(ran, ElementsAre("a"));
}

}  // namespace
}  // namespace signet::control
