#include "node/pod_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/cat.h"
#include "node/pod_fixture.h"

namespace signet::node {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class PodWorkerTest : public PodFixture {};

TEST_F(PodWorkerTest, sets_up_volumes_then_starts_and_reports) {
  make(pod_json(cat(token_volume, ",", one_container)));
  const auto turn = sync();
  EXPECT_FALSE(turn.done);
  EXPECT_EQ(slurp(volume("token")), "token-1");
  EXPECT_EQ(slurp(volume("ca.crt")), "CA");
  EXPECT_EQ(slurp(volume("namespace")), "demo");
  ASSERT_EQ(runtime_.created().size(), 1U);
  const auto spec = runtime_.created().front();
  EXPECT_THAT(spec.command, testing::ElementsAre("run", "127.0.0.1"));
  EXPECT_THAT(spec.environment, testing::Contains(std::pair<std::string, std::string>(
                                    "KUBERNETES_PORT_6443_TCP_PORT", "6443")));
  ASSERT_EQ(spec.mounts.size(), 1U);
  EXPECT_TRUE(spec.mounts[0].read_only);
  EXPECT_EQ(codec::string_at(status(), "phase"), "Running");
  EXPECT_EQ(codec::string_at(status(), "podIP"), "10.0.0.1");
  EXPECT_EQ(codec::string_at(container(), "containerID"), "fake://1");
  EXPECT_NE(codec::find(container(), "state.running"), nullptr);
  for (const auto& condition : codec::array_at(status(), "conditions")) {
    EXPECT_EQ(codec::string_at(condition, "status"), "True");
  }
  EXPECT_EQ(mode_of(directory_ / "pods").substr(0, 4), "0700");
}

TEST_F(PodWorkerTest, container_without_command_says_why) {
  make(pod_json(R"("containers":[{"name":"c","image":"nginx"}])"));
  sync();
  EXPECT_EQ(codec::string_at(container(), "state.waiting.reason"), "CreateContainerConfigError");
  EXPECT_EQ(codec::string_at(container(), "state.waiting.message"),
            "no command: images are not pulled, so a container needs spec.containers[].command");
}

TEST_F(PodWorkerTest, crashes_back_off_and_a_long_run_starts_over) {
  make(pod_json(R"("containers":[{"name":"c","command":["x"]}])"));
  sync();
  runtime_.exit("c", 1);
  sync();
  EXPECT_EQ(runtime_.created().size(), 2U) << "the first restart is immediate";
  for (const auto delay : {10, 20, 40, 80, 160, 300, 300}) {
    const auto before = runtime_.created().size();
    runtime_.exit("c", 1);
    const auto turn = sync();
    EXPECT_EQ(turn.next, clock_.now() + seconds{delay});
    EXPECT_EQ(codec::string_at(container(), "state.waiting.reason"), "CrashLoopBackOff");
    EXPECT_EQ(codec::int_at(container(), "lastState.terminated.exitCode"), 1);
    clock_.advance(seconds{delay});
    sync();
    EXPECT_EQ(runtime_.created().size(), before + 1);
  }
  EXPECT_EQ(codec::int_at(container(), "restartCount"), 8);
  clock_.advance(seconds{600});
  runtime_.exit("c", 1);
  sync();
  EXPECT_EQ(runtime_.created().size(), 10U);
}

TEST_F(PodWorkerTest, never_restarted_pod_ends_and_its_volumes_go) {
  make(pod_json(cat(token_volume, R"(,"restartPolicy":"Never",)", one_container)));
  sync();
  runtime_.exit("c", 3);
  const auto turn = sync();
  EXPECT_EQ(turn.next, Instant::max());
  EXPECT_EQ(codec::string_at(status(), "phase"), "Failed");
  EXPECT_EQ(codec::int_at(container(), "state.terminated.exitCode"), 3);
  EXPECT_FALSE(fs::exists(directory_ / "pods/u1"));
  EXPECT_EQ(tokens_.size(), 0U);
  sync();
  EXPECT_FALSE(fs::exists(directory_ / "pods/u1"));
}

TEST_F(PodWorkerTest, on_failure_restarts_failures_only) {
  make(pod_json(R"("restartPolicy":"OnFailure","containers":[{"name":"c","command":["x"]}])"));
  sync();
  runtime_.exit("c", 1);
  sync();
  EXPECT_EQ(runtime_.created().size(), 2U);
  runtime_.exit("c", 0);
  sync();
  EXPECT_EQ(codec::string_at(status(), "phase"), "Succeeded");
}

TEST_F(PodWorkerTest, init_containers_run_in_order_before_the_rest) {
  make(pod_json(R"("initContainers":[{"name":"i1","command":["x"]},{"name":"i2","command":["x"]}],
                   "containers":[{"name":"c","command":["x"]}])"));
  const auto names = [&] {
    std::string out;
    for (const auto& spec : runtime_.created()) append(out, spec.name, ' ');
    return out;
  };
  sync();
  EXPECT_EQ(names(), "i1 ");
  EXPECT_EQ(codec::string_at(container(), "state.waiting.reason"), "PodInitializing");
  runtime_.exit("i1", 1);
  sync();
  runtime_.exit("i1", 0);
  sync();
  EXPECT_EQ(names(), "i1 i1 i2 ");
  runtime_.exit("i2", 0);
  sync();
  EXPECT_EQ(names(), "i1 i1 i2 c ");
  EXPECT_EQ(codec::string_at(status(), "phase"), "Running");
}

TEST_F(PodWorkerTest, deletion_stops_then_cleans_then_deletes) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  api_.put(pod_path, pod_json(cat(token_volume, ",", one_container),
                              R"(,"deletionTimestamp":"2026-11-23T00:00:00Z",)"
                              R"("deletionGracePeriodSeconds":7)"));
  worker_->update(*api_.object(pod_path));
  EXPECT_FALSE(sync().done);
  EXPECT_EQ(runtime_.stop_grace("c"), seconds{7});
  EXPECT_TRUE(fs::exists(volume("token")));
  runtime_.exit("c", 143);
  EXPECT_TRUE(sync().done);
  EXPECT_FALSE(fs::exists(directory_ / "pods/u1"));
  EXPECT_EQ(tokens_.size(), 0U);
  EXPECT_FALSE(api_.object(pod_path));
  const auto log = api_.log();
  ASSERT_EQ(log.back().method, "DELETE");
  EXPECT_THAT(log.back().body, HasSubstr(R"("gracePeriodSeconds":0)"));
  EXPECT_THAT(log.back().body, HasSubstr(R"("preconditions":{"uid":"u1"})"));
}

TEST_F(PodWorkerTest, failed_deletion_is_tried_again) {
  make(pod_json(R"("containers":[])", R"(,"deletionTimestamp":"2026-11-23T00:00:00Z")"));
  api_.set_down(true);
  const auto turn = sync();
  EXPECT_FALSE(turn.done);
  EXPECT_EQ(turn.next, clock_.now() + milliseconds{500});
  api_.set_down(false);
  clock_.advance(milliseconds{500});
  EXPECT_TRUE(sync().done);
}

TEST_F(PodWorkerTest, vanished_pod_is_cleaned_without_asking) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  worker_->vanish();
  EXPECT_FALSE(sync().done);
  runtime_.exit("c", 0);
  EXPECT_TRUE(sync().done);
  EXPECT_EQ(api_.requests("DELETE", ""), 0);
  EXPECT_FALSE(fs::exists(directory_ / "pods/u1"));
}

TEST_F(PodWorkerTest, running_pod_of_an_earlier_agent_is_started_again) {
  auto json = pod_json(R"("containers":[{"name":"c","command":["x"]}])");
  json.back() = ',';
  json += R"("status":{"phase":"Running","startTime":"2026-01-01T00:00:00Z","containerStatuses":[
      {"name":"c","restartCount":2,"containerID":"fake://9",
       "state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}]}})";
  make(json);
  sync();
  EXPECT_EQ(runtime_.created().size(), 1U);
  EXPECT_EQ(codec::int_at(container(), "restartCount"), 3);
  EXPECT_EQ(codec::string_at(status(), "startTime"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(codec::string_at(container(), "lastState.terminated.reason"), "ContainerStatusUnknown");
}

TEST_F(PodWorkerTest, ended_pod_of_an_earlier_agent_stays_ended) {
  auto json = pod_json(cat(token_volume, ",", one_container));
  json.back() = ',';
  json += R"("status":{"phase":"Succeeded"}})";
  make(json);
  EXPECT_EQ(sync().next, Instant::max());
  EXPECT_TRUE(runtime_.created().empty());
  EXPECT_EQ(api_.requests("PATCH", "/status"), 0);
}

TEST_F(PodWorkerTest, conditions_drop_what_they_no_longer_say) {
  api_.erase("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt");
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  EXPECT_THAT(codec::to_json(status()), HasSubstr("ContainersNotReady"));
  api_.put("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt", R"({"data":{"ca.crt":"CA"}})");
  clock_.advance(milliseconds{500});
  sync();
  EXPECT_THAT(api_.log().back().body, HasSubstr(R"("reason":null,"message":null)"));
}

TEST_F(PodWorkerTest, environment_comes_from_everywhere) {
  api_.put("/api/v1/namespaces/demo/secrets/s", R"({"data":{"KEY":"c2VjcmV0"}})");
  api_.put("/api/v1/namespaces/demo/configmaps/m", R"({"data":{"A":"from-map","B":"b"}})");
  make(pod_json(R"j("containers":[{"name":"c","command":["$(A)","$$(A)","$(NONE)","$"],
      "envFrom":[{"configMapRef":{"name":"m"},"prefix":"P_"},{"secretRef":{"name":"no","optional":true}}],
      "env":[{"name":"A","value":"one"},{"name":"TWO","value":"$(A)+$(P_B)"},
             {"name":"S","valueFrom":{"secretKeyRef":{"name":"s","key":"KEY"}}},
             {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}]}])j"));
  sync();
  ASSERT_EQ(runtime_.created().size(), 1U);
  const auto spec = runtime_.created().front();
  EXPECT_THAT(spec.command, testing::ElementsAre("one", "$(A)", "$(NONE)", "$"));
  using Pair = std::pair<std::string, std::string>;
  for (const auto& pair : {Pair("P_A", "from-map"), Pair("TWO", "one+b"), Pair("S", "secret"),
                           Pair("IP", "10.0.0.1"), Pair("HOSTNAME", "p")}) {
    EXPECT_THAT(spec.environment, testing::Contains(pair));
  }
}

}  // namespace
}  // namespace signet::node
