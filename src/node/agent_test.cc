#include "node/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/cat.h"
#include "base/temp_directory_for_tests.h"
#include "node/fake_api.h"
#include "node/fake_runtime.h"

namespace signet::node {
namespace {

using fixture::slurp;
using fixture::TempDirectory;

namespace fs = std::filesystem;
using std::chrono::seconds;

std::string pod_json(std::string_view name, std::string_view more = "") {
  return cat(R"({"metadata":{"name":")", name, R"(","namespace":"demo","uid":"u-)", name, '"', more,
             R"(},"spec":{"serviceAccountName":"web","nodeName":"n1","volumes":[
      {"name":"t","projected":{"defaultMode":420,"sources":[
        {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}]}}],
      "containers":[{"name":")",
             name, R"(","command":["x"]}]}})");
}
std::string pod_path(std::string_view name) {
  return cat("/api/v1/namespaces/demo/pods/", name);
}

class AgentTest : public testing::Test {
 protected:
  ~AgentTest() override { halt(); }

  void launch() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      SeededRandom random(3);
      FakeTransport worker(api_);
      FakeTransport watcher(api_);
      Agent agent({.node_name = "n1", .root_dir = directory_.path(), .endpoint = {}},
                  {.clock = clock_,
                   .random = random,
                   .runtime = runtime_,
                   .worker = worker,
                   .watcher = watcher});
      agent.run(stop);
    });
  }
  void halt() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }
  std::string token(std::string_view name) const {
    return slurp(directory_ / cat("pods/u-", name, "/volumes/kubernetes.io~projected/t/token"));
  }
  void wait_running(std::string_view name) {
    api_.wait([&] {
      const auto pod = api_.object(pod_path(name));
      return pod && codec::string_at(*pod, "status.phase") == "Running";
    });
  }

  TempDirectory directory_;
  ManualClock clock_{Instant(std::chrono::hours{500000})};
  FakeApi api_{clock_};
  FakeRuntime runtime_{clock_};
  std::jthread thread_;
};

TEST_F(AgentTest, registers_its_node_and_runs_a_pod_that_appears) {
  launch();
  api_.wait([&] { return api_.object("/api/v1/nodes/n1").has_value(); });
  const auto node = *api_.object("/api/v1/nodes/n1");
  EXPECT_EQ(codec::object_at(node, "metadata.labels").at("kubernetes.io/hostname"), "n1");
  api_.put(pod_path("p"), pod_json("p"));
  wait_running("p");
  EXPECT_EQ(token("p"), "token-1");
  EXPECT_EQ(api_.requests("POST", "leases"), 0);
}

TEST_F(AgentTest, takes_a_node_that_is_there) {
  api_.put("/api/v1/nodes/n1", R"({"metadata":{"name":"n1","uid":"node-uid"}})");
  launch();
  api_.wait([&] { return api_.requests("PATCH", "/nodes/n1/status") > 0; });
  EXPECT_EQ(codec::string_at(*api_.object("/api/v1/nodes/n1"), "metadata.uid"), "node-uid");
}

TEST_F(AgentTest, refreshes_a_token_as_soon_as_the_clock_says_so) {
  api_.put(pod_path("p"), pod_json("p"));
  launch();
  wait_running("p");
  clock_.advance(seconds{2887});
  api_.wait([&] { return api_.requests("POST", "/token") == 2; });
  // The next request of the worker comes after the write.
  const auto seen = api_.log().size();
  clock_.advance(seconds{301});
  api_.wait([&] { return api_.log().size() > seen; });
  EXPECT_EQ(token("p"), "token-2");
}

TEST_F(AgentTest, deletes_a_pod_whose_containers_have_stopped) {
  api_.put(pod_path("p"), pod_json("p"));
  launch();
  wait_running("p");
  api_.put(pod_path("p"), pod_json("p", R"(,"deletionTimestamp":"2026-11-23T00:00:00Z")"));
  while (!runtime_.stop_grace("p")) std::this_thread::yield();
  EXPECT_TRUE(api_.object(pod_path("p")));
  runtime_.exit("p", 143);
  api_.wait([&] { return !api_.object(pod_path("p")); });
  EXPECT_FALSE(fs::exists(directory_ / "pods/u-p"));
}

TEST_F(AgentTest, slow_pod_does_not_hold_up_another) {
  api_.put(pod_path("slow"), pod_json("slow"));
  launch();
  wait_running("slow");
  api_.put(pod_path("slow"), pod_json("slow", R"(,"deletionTimestamp":"2026-11-23T00:00:00Z")"));
  while (!runtime_.stop_grace("slow")) std::this_thread::yield();
  api_.put(pod_path("other"), pod_json("other"));
  wait_running("other");
  EXPECT_TRUE(api_.object(pod_path("slow")));
}

TEST_F(AgentTest, sweeps_directories_of_pods_that_are_gone) {
  fs::create_directories(directory_ / "pods/u-old/volumes/kubernetes.io~projected/t");
  api_.put(pod_path("p"), pod_json("p"));
  launch();
  wait_running("p");
  EXPECT_FALSE(fs::exists(directory_ / "pods/u-old"));
  EXPECT_TRUE(fs::exists(directory_ / "pods/u-p"));
}

TEST_F(AgentTest, keeps_directories_while_it_cannot_list) {
  fs::create_directories(directory_ / "pods/u-old/volumes");
  api_.set_down(true);
  launch();
  api_.wait([&] { return api_.requests("GET", "/api/v1/pods?") > 0; });
  halt();
  EXPECT_TRUE(fs::exists(directory_ / "pods/u-old/volumes"));
}

TEST_F(AgentTest, lists_again_when_the_watch_has_expired) {
  launch();
  api_.wait([&] { return api_.requests("GET", "watch=true") == 1; });
  api_.expire_watches();
  api_.wait([&] { return api_.requests("GET", "watch=true") == 2; });
  EXPECT_EQ(api_.requests("GET", "limit=500"), 2);
  api_.put(pod_path("p"), pod_json("p"));
  wait_running("p");
}

TEST_F(AgentTest, pod_that_vanished_while_the_watch_was_away_is_cleaned) {
  api_.put(pod_path("p"), pod_json("p"));
  launch();
  wait_running("p");
  api_.wait([&] { return api_.requests("GET", "watch=true") == 1; });
  api_.erase(pod_path("p"));
  while (!runtime_.stop_grace("p")) std::this_thread::yield();
  runtime_.exit("p", 0);
  while (fs::exists(directory_ / "pods/u-p")) std::this_thread::yield();
}

TEST_F(AgentTest, clock_that_went_back_refreshes_tokens) {
  api_.put(pod_path("p"), pod_json("p"));
  launch();
  wait_running("p");
  clock_.advance(seconds{-3600});
  api_.wait([&] { return api_.requests("POST", "/token") == 2; });
}

TEST_F(AgentTest, hostile_names_make_no_directories) {
  api_.put(pod_path("evil"),
           R"({"metadata":{"name":"evil","namespace":"demo","uid":"../../x"},"spec":{}})");
  api_.put(pod_path("p"), pod_json("p"));
  launch();
  wait_running("p");
  EXPECT_FALSE(fs::exists(directory_ / "../x"));
  EXPECT_FALSE(fs::exists(directory_ / "x"));
}

}  // namespace
}  // namespace signet::node
