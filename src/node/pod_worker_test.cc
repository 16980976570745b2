#include "node/pod_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/cat.h"
#include "node/api_token_source.h"
#include "node/fake_api.h"
#include "node/fake_runtime.h"
#include "node/temp_directory.h"

namespace signet::node {
namespace {

namespace fs = std::filesystem;
using codec::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const std::string pod_path = "/api/v1/namespaces/demo/pods/p";

std::string pod_json(std::string_view spec, std::string_view metadata = "") {
  return cat(R"({"metadata":{"name":"p","namespace":"demo","uid":"u1","labels":{"b":"2","a":"1"})",
             metadata, R"(},"spec":{"serviceAccountName":"web","nodeName":"n1",)", spec, "}}");
}

constexpr std::string_view token_volume =
    R"("volumes":[{"name":"kube-api-access-x","projected":{"defaultMode":420,"sources":[
    {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
    {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
    {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"fieldPath":"metadata.namespace"}}]}}
    ]}}])";
constexpr std::string_view one_container =
    R"j("containers":[{"name":"c","image":"i","command":["run","$(KUBERNETES_SERVICE_HOST)"],
    "volumeMounts":[{"name":"kube-api-access-x","mountPath":"/var/run/secrets/x"}]}])j";

class PodWorkerTest : public testing::Test {
 protected:
  PodWorkerTest() {
    api_.put("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt",
             R"({"metadata":{"name":"kube-root-ca.crt"},"data":{"ca.crt":"CA"}})");
  }

  void make(const std::string& json) {
    api_.put(pod_path, json);
    worker_ = std::make_unique<PodWorker>(context_, *api_.object(pod_path));
  }
  PodWorker::Turn sync() { return worker_->sync(); }
  std::string volume(std::string_view name, std::string_view plugin = "projected") const {
    return directory_ / cat("pods/u1/volumes/kubernetes.io~", plugin, "/kube-api-access-x/", name);
  }
  // The status the authority has, at a dotted path below the first container.
  Json status() const { return *codec::find(*api_.object(pod_path), "status"); }
  Json container() const { return codec::array_at(status(), "containerStatuses").at(0); }
  std::vector<std::string> event_messages() const {
    std::vector<std::string> out;
    for (const auto& request : api_.log()) {
      if (request.method != "POST" || !request.target.ends_with("/events")) continue;
      out.emplace_back(
          codec::string_at(codec::parse_json(request.body, {}).value().value, "message"));
    }
    return out;
  }
  static std::string mode_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return "missing";
    return cat(status.st_mode >> 9U & 7U, status.st_mode >> 6U & 7U, status.st_mode >> 3U & 7U,
               status.st_mode & 7U, ' ', status.st_uid, ':', status.st_gid);
  }

  TempDirectory directory_;
  ManualClock clock_{Instant(std::chrono::hours{500000})};
  SeededRandom random_{7};
  FakeApi api_{clock_};
  FakeTransport transport_{api_};
  ApiClient client_{transport_};
  ApiTokenSource source_{client_};
  TokenManager tokens_{source_, clock_, random_};
  ObjectCache objects_{client_, clock_};
  FakeRuntime runtime_{clock_};
  EventRecorder events_{client_, clock_, "n1"};
  NodeContext context_{.node_name = "n1",
                       .root_dir = directory_.path(),
                       .host_ip = "10.0.0.1",
                       .endpoint = {.host = "127.0.0.1", .port = 6443},
                       .clock = clock_,
                       .random = random_,
                       .api = client_,
                       .objects = objects_,
                       .tokens = tokens_,
                       .runtime = runtime_,
                       .events = events_};
  std::unique_ptr<PodWorker> worker_;
};

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

TEST_F(PodWorkerTest, idle_sync_sends_nothing) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  const auto before = api_.log().size();
  sync();
  EXPECT_EQ(api_.log().size(), before);
}

TEST_F(PodWorkerTest, volumes_are_looked_at_again_within_90_seconds) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  clock_.advance(milliseconds{100});
  const auto turn = sync();
  EXPECT_GE(turn.next, clock_.now() + seconds{59});
  EXPECT_LE(turn.next, clock_.now() + seconds{90});
}

TEST_F(PodWorkerTest, next_turn_is_when_the_token_becomes_due) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  clock_.set_offset(seconds{2870});
  EXPECT_EQ(sync().next - Instant(std::chrono::hours{500000}),
            seconds{2886} + std::chrono::nanoseconds{1});
  clock_.set_offset(seconds{2887});
  sync();
  EXPECT_EQ(slurp(volume("token")), "token-2");
}

TEST_F(PodWorkerTest, replaced_files_stay_for_a_moment_only) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  const auto first = fs::read_symlink(volume("..data")).string();
  clock_.set_offset(seconds{2887});
  const auto turn = sync();
  EXPECT_EQ(turn.next, clock_.now() + milliseconds{100});
  EXPECT_TRUE(fs::exists(volume(first)));
  clock_.advance(milliseconds{100});
  sync();
  EXPECT_FALSE(fs::exists(volume(first)));
  EXPECT_EQ(slurp(volume("token")), "token-2");
}

TEST_F(PodWorkerTest, refresh_survives_an_authority_that_is_away) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  clock_.set_offset(seconds{2887});
  api_.set_down(true);
  const auto turn = sync();
  EXPECT_EQ(slurp(volume("token")), "token-1");
  EXPECT_EQ(turn.next, clock_.now() + milliseconds{500});
  api_.set_down(false);
  clock_.advance(milliseconds{500});
  sync();
  EXPECT_EQ(slurp(volume("token")), "token-2");
}

TEST_F(PodWorkerTest, missing_ca_is_an_event_and_nothing_starts_until_it_is_there) {
  api_.erase("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt");
  make(pod_json(cat(token_volume, ",", one_container)));
  const auto turn = sync();
  EXPECT_THAT(event_messages(),
              testing::ElementsAre("MountVolume.SetUp failed for volume \"kube-api-access-x\" : "
                                   "configmap \"kube-root-ca.crt\" not found"));
  EXPECT_TRUE(runtime_.created().empty());
  EXPECT_EQ(codec::string_at(status(), "phase"), "Pending");
  EXPECT_EQ(codec::string_at(container(), "state.waiting.reason"), "ContainerCreating");
  EXPECT_EQ(turn.next, clock_.now() + milliseconds{500});
  EXPECT_FALSE(fs::exists(volume("token")));
  api_.put("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt", R"({"data":{"ca.crt":"CA"}})");
  clock_.advance(milliseconds{500});
  sync();
  EXPECT_EQ(runtime_.created().size(), 1U);
}

TEST_F(PodWorkerTest, mount_failures_back_off_and_time_out) {
  api_.erase("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt");
  make(pod_json(cat(token_volume, ",", one_container)));
  std::vector<std::int64_t> waits;
  const auto end = clock_.now() + seconds{400};
  while (clock_.now() < end) {
    const auto next = sync().next;
    waits.push_back(std::chrono::duration_cast<milliseconds>(next - clock_.now()).count());
    clock_.advance(next - clock_.now());
  }
  EXPECT_THAT(waits, testing::Contains(500));
  EXPECT_THAT(waits, testing::Contains(32000));
  EXPECT_LE(*std::ranges::max_element(waits), 122000);
  EXPECT_THAT(event_messages(),
              testing::Contains("Unable to attach or mount volumes: unmounted "
                                "volumes=[kube-api-access-x], unattached "
                                "volumes=[kube-api-access-x]: timed out waiting for the "
                                "condition"));
}

TEST_F(PodWorkerTest, several_source_errors_are_told_together) {
  make(pod_json(cat(R"("volumes":[{"name":"v","projected":{"defaultMode":420,"sources":[
      {"secret":{"name":"s"}},{"configMap":{"name":"m"}},
      {"serviceAccountToken":{"path":"../x"}}]}}],)",
                    one_container)));
  sync();
  EXPECT_THAT(event_messages(),
              testing::Contains(HasSubstr(R"([secret "s" not found, configmap "m" not found, )"
                                          "invalid path: must not contain '..': ../x]")));
  EXPECT_EQ(api_.requests("POST", "/token"), 0);
}

TEST_F(PodWorkerTest, unsupported_volume_is_an_event) {
  make(pod_json(cat(R"("volumes":[{"name":"v","hostPath":{"path":"/"}}],)", one_container)));
  sync();
  EXPECT_THAT(
      event_messages(),
      testing::Contains("MountVolume.SetUp failed for volume \"v\" : unsupported volume type"));
  EXPECT_TRUE(runtime_.created().empty());
}

TEST_F(PodWorkerTest, every_kind_of_source_becomes_files) {
  api_.put("/api/v1/namespaces/demo/secrets/s", R"({"data":{"user":"YWRtaW4=","pw":"eA=="}})");
  api_.put("/api/v1/namespaces/demo/configmaps/m",
           R"({"data":{"k":"text"},"binaryData":{"k":"eA==","bin":"AAE="}})");
  make(pod_json(R"("volumes":[
    {"name":"s","secret":{"secretName":"s","defaultMode":256}},
    {"name":"m","configMap":{"name":"m","defaultMode":420}},
    {"name":"o","configMap":{"name":"absent","optional":true,"defaultMode":420}},
    {"name":"d","downwardAPI":{"defaultMode":420,"items":[
       {"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}},
       {"path":"one","fieldRef":{"fieldPath":"metadata.labels['a']"},"mode":288}]}},
    {"name":"p","projected":{"defaultMode":420,"sources":[
       {"secret":{"name":"s","items":[{"key":"user","path":"sub/who","mode":256}]}},
       {"configMap":{"name":"m","items":[{"key":"k","path":"x"}]}},
       {"secret":{"name":"s","items":[{"key":"pw","path":"x"}]}}]}},
    {"name":"e","emptyDir":{}}],"containers":[{"name":"c","command":["x"]}])"));
  sync();
  EXPECT_THAT(event_messages(), testing::IsEmpty());
  const auto at = [&](std::string_view rest) {
    return directory_ / cat("pods/u1/volumes/kubernetes.io~", rest);
  };
  EXPECT_EQ(slurp(at("secret/s/user")), "admin");
  EXPECT_EQ(mode_of(at("secret/s/user")).substr(0, 4), "0400");
  EXPECT_EQ(slurp(at("configmap/m/k")), "text");
  EXPECT_EQ(slurp(at("configmap/m/bin")), std::string("\0\1", 2));
  EXPECT_TRUE(fs::is_directory(at("configmap/o")));
  EXPECT_EQ(slurp(at("downward-api/d/labels")), "a=\"1\"\nb=\"2\"");
  EXPECT_EQ(slurp(at("downward-api/d/one")), "1");
  EXPECT_EQ(mode_of(at("downward-api/d/one")).substr(0, 4), "0440");
  EXPECT_EQ(slurp(at("projected/p/sub/who")), "admin");
  EXPECT_EQ(slurp(at("projected/p/x")), "x") << "the later source wins";
  EXPECT_EQ(mode_of(at("empty-dir/e")).substr(0, 4), "0777");
}

struct OwnerCase {
  const char* name;
  const char* pod_security;
  const char* first;
  const char* second;
  const char* token;
  const char* ca;
};

class VolumeOwners : public PodWorkerTest, public testing::WithParamInterface<OwnerCase> {};

TEST_P(VolumeOwners, are_those_of_the_security_context) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const auto& row = GetParam();
  make(pod_json(cat(token_volume, R"(,"securityContext":{)", std::string_view(row.pod_security),
                    R"(},"containers":[{"name":"c","securityContext":{)",
                    std::string_view(row.first), R"(}},{"name":"d","securityContext":{)",
                    std::string_view(row.second), "}}]")));
  sync();
  EXPECT_EQ(mode_of(volume("token")), row.token);
  EXPECT_EQ(mode_of(volume("ca.crt")), row.ca);
}

INSTANTIATE_TEST_SUITE_P(
    , VolumeOwners,
    testing::Values(OwnerCase{"nobody", "", "", "", "0644 0:0", "0644 0:0"},
                    OwnerCase{"one_user", R"("runAsUser":1000)", "", "", "0600 1000:0", "0644 0:0"},
                    OwnerCase{"group", R"("fsGroup":2000)", "", "", "0640 0:2000", "0644 0:2000"},
                    OwnerCase{"both", R"("runAsUser":1000,"fsGroup":2000)", "", "",
                              "0640 1000:2000", "0644 0:2000"},
                    OwnerCase{"two_users", "", R"("runAsUser":1000)", R"("runAsUser":1001)",
                              "0644 0:0", "0644 0:0"},
                    OwnerCase{"one_without", "", R"("runAsUser":1000)", "", "0644 0:0",
                              "0644 0:0"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(PodWorkerTest, group_owns_the_directories) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  make(pod_json(cat(token_volume, R"(,"securityContext":{"fsGroup":2000},)", one_container)));
  sync();
  EXPECT_EQ(mode_of(volume("..data")), "2755 0:2000");
  EXPECT_EQ(mode_of(volume(".")), "2777 0:2000");
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
