#include "node/pod_volumes.h"

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

class PodVolumesTest : public PodFixture {};

TEST_F(PodVolumesTest, idle_sync_sends_nothing) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  const auto before = api_.log().size();
  sync();
  EXPECT_EQ(api_.log().size(), before);
}

TEST_F(PodVolumesTest, volumes_are_looked_at_again_within_90_seconds) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  clock_.advance(milliseconds{100});
  const auto turn = sync();
  EXPECT_GE(turn.next, clock_.now() + seconds{59});
  EXPECT_LE(turn.next, clock_.now() + seconds{90});
}

TEST_F(PodVolumesTest, next_turn_is_when_the_token_becomes_due) {
  make(pod_json(cat(token_volume, ",", one_container)));
  sync();
  clock_.set_offset(seconds{2870});
  EXPECT_EQ(sync().next - Instant(std::chrono::hours{500000}),
            seconds{2886} + std::chrono::nanoseconds{1});
  clock_.set_offset(seconds{2887});
  sync();
  EXPECT_EQ(slurp(volume("token")), "token-2");
}

TEST_F(PodVolumesTest, replaced_files_stay_for_a_moment_only) {
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

TEST_F(PodVolumesTest, refresh_survives_an_authority_that_is_away) {
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

TEST_F(PodVolumesTest, missing_ca_is_an_event_and_nothing_starts_until_it_is_there) {
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

TEST_F(PodVolumesTest, mount_failures_back_off_and_time_out) {
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

TEST_F(PodVolumesTest, several_source_errors_are_told_together) {
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

TEST_F(PodVolumesTest, unsupported_volume_is_an_event) {
  make(pod_json(cat(R"("volumes":[{"name":"v","hostPath":{"path":"/"}}],)", one_container)));
  sync();
  EXPECT_THAT(
      event_messages(),
      testing::Contains("MountVolume.SetUp failed for volume \"v\" : unsupported volume type"));
  EXPECT_TRUE(runtime_.created().empty());
}

TEST_F(PodVolumesTest, every_kind_of_source_becomes_files) {
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

class VolumeOwners : public PodVolumesTest, public testing::WithParamInterface<OwnerCase> {};

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

TEST_F(PodVolumesTest, group_owns_the_directories) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  make(pod_json(cat(token_volume, R"(,"securityContext":{"fsGroup":2000},)", one_container)));
  sync();
  EXPECT_EQ(mode_of(volume("..data")), "2755 0:2000");
  EXPECT_EQ(mode_of(volume(".")), "2777 0:2000");
}

}  // namespace
}  // namespace signet::node
