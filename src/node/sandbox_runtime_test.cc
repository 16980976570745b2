#include "node/sandbox_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>

#include "base/cat.h"
#include "base/temp_directory_for_tests.h"
#include "node/sandbox_plan.h"

namespace signet::node {
namespace {

using fixture::slurp;
using fixture::TempDirectory;

namespace fs = std::filesystem;
using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;

constexpr std::string_view token_mount = "/var/run/secrets/kubernetes.io/serviceaccount";

class SandboxRuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(directory_ / "volume");
    std::ofstream(directory_ / "volume/token") << "the-token";
    fs::permissions(directory_.path(), fs::perms{0755});
    fs::create_directory(directory_ / "hidden");
    std::ofstream(directory_ / "hidden/key") << "secret";
    auto runtime = SandboxRuntime::create({.hidden = {directory_ / "hidden"}}, clock_);
    ASSERT_TRUE(runtime) << runtime.error().message;
    runtime_ = *std::move(runtime);
    runtime_->on_change([this](const std::string&) {
      const std::scoped_lock lock(mutex_);
      ++changes_;
      changed_.notify_all();
    });
    auto probe = spec("exit 0");
    probe.mounts.clear();
    if (run(std::move(probe)).exit_code != 0) {
      GTEST_SKIP() << "bwrap cannot create namespaces here: " << output();
    }
  }

  ContainerSpec spec(const std::string& script) {
    fs::remove(directory_ / "log");
    return {.pod_uid = "u1",
            .pod_name = "p",
            .pod_namespace = "demo",
            .name = "c",
            .image = "none",
            .command = {"/bin/sh", "-c", script},
            .environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}},
            .working_directory = "",
            .mounts = {{.source = directory_ / "volume", .target = std::string(token_mount)}},
            .user = std::nullopt,
            .group = std::nullopt,
            .supplemental_groups = {},
            .log_path = directory_ / "log"};
  }
  std::string start(ContainerSpec spec) {
    const auto id = runtime_->create(spec);
    EXPECT_TRUE(id) << id.error().message;
    EXPECT_TRUE(runtime_->start(*id));
    return *id;
  }
  ContainerState wait_exited(const std::string& id) {
    std::unique_lock lock(mutex_);
    while (true) {
      const auto state = runtime_->state(id);
      if (!state || state->phase == ContainerState::Phase::exited) return state.value();
      changed_.wait(lock);
    }
  }
  ContainerState run(ContainerSpec spec) { return wait_exited(start(std::move(spec))); }
  std::string output() { return slurp(directory_ / "log"); }
  void wait_output(std::string_view text) {
    while (output().find(text) == std::string::npos) std::this_thread::yield();
  }

  TempDirectory directory_;
  SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int changes_ = 0;
  std::unique_ptr<SandboxRuntime> runtime_;
};

TEST_F(SandboxRuntimeTest, command_reads_its_token_and_the_host_keeps_its_directories) {
  const bool existed = fs::exists("/run/secrets");
  const auto state = run(spec(cat("cat ", token_mount, "/token; echo; echo $GREETING; pwd")));
  EXPECT_EQ(state.exit_code, 0);
  EXPECT_EQ(output(), "the-token\nhello\n/\n");
  EXPECT_EQ(fs::exists("/run/secrets"), existed);
}

TEST_F(SandboxRuntimeTest, read_only_volume_cannot_be_written) {
  const auto state = run(spec(cat("echo x > ", token_mount, "/new")));
  EXPECT_NE(state.exit_code, 0);
  EXPECT_THAT(output(), HasSubstr("Read-only file system"));
}

TEST_F(SandboxRuntimeTest, writable_volume_at_a_missing_root_directory_is_written) {
  auto writable = spec("echo x > /signet-test-data/sub/file && ls /etc/passwd");
  writable.mounts = {
      {.source = directory_ / "volume", .target = "/signet-test-data/sub", .read_only = false}};
  EXPECT_EQ(run(std::move(writable)).exit_code, 0) << output();
  EXPECT_EQ(slurp(directory_ / "volume/file"), "x\n");
  EXPECT_FALSE(fs::exists("/signet-test-data"));
}

TEST_F(SandboxRuntimeTest, volume_inside_a_volume_is_seen) {
  fs::create_directory(directory_ / "inner");
  std::ofstream(directory_ / "inner/x") << "inner";
  auto nested = spec(cat("cat ", token_mount, "/a/b/x ", token_mount, "/token"));
  nested.mounts.push_back({.source = directory_ / "inner", .target = cat(token_mount, "/a/b")});
  EXPECT_EQ(run(std::move(nested)).exit_code, 0) << output();
  EXPECT_EQ(output(), "innerthe-token");
}

TEST_F(SandboxRuntimeTest, hidden_directories_are_empty) {
  const auto state = run(spec(cat("ls -A ", directory_ / "hidden", "; echo end")));
  EXPECT_EQ(state.exit_code, 0);
  EXPECT_EQ(output(), "end\n");
}

TEST_F(SandboxRuntimeTest, exit_code_is_reported) {
  const auto state = run(spec("exit 42"));
  EXPECT_EQ(state.exit_code, 42);
  EXPECT_GE(state.finished_at, state.started_at);
}

TEST_F(SandboxRuntimeTest, unknown_command_says_so_in_the_log) {
  auto unknown = spec("");
  unknown.command = {"/no/such/program"};
  EXPECT_EQ(run(std::move(unknown)).exit_code, 1);
  EXPECT_THAT(output(), HasSubstr("/no/such/program"));
}

TEST_F(SandboxRuntimeTest, stop_lets_the_command_itself_finish) {
  const auto id = start(spec("trap 'echo bye; exit 7' TERM; echo ready; sleep 1000 & wait"));
  wait_output("ready");
  runtime_->stop(id, seconds{3600});
  EXPECT_EQ(wait_exited(id).exit_code, 7);
  EXPECT_EQ(output(), "ready\nbye\n");
}

TEST_F(SandboxRuntimeTest, stop_without_grace_kills) {
  const auto id = start(spec("trap '' TERM; echo ready; while :; do sleep 1; done"));
  wait_output("ready");
  runtime_->stop(id, seconds{3600});
  runtime_->stop(id, seconds{0});
  EXPECT_EQ(wait_exited(id).exit_code, 128 + SIGKILL);
}

TEST_F(SandboxRuntimeTest, stop_before_start_runs_nothing) {
  const auto id = runtime_->create(spec("echo ran"));
  ASSERT_TRUE(id);
  runtime_->stop(*id, seconds{0});
  ASSERT_TRUE(runtime_->start(*id));
  EXPECT_EQ(wait_exited(*id).exit_code, 128);
  EXPECT_FALSE(fs::exists(directory_ / "log"));
}

TEST_F(SandboxRuntimeTest, destructor_ends_every_process) {
  const auto marker = cat("1000.", ::getpid());
  const auto runs = [&] {
    return std::system(cat("ps ax -o args= | grep -q '^sleep ", marker, "$'").c_str()) == 0;
  };
  start(spec(cat("echo ready; exec sleep ", marker)));
  wait_output("ready");
  while (!runs()) std::this_thread::yield();
  runtime_.reset();
  EXPECT_FALSE(runs());
}

TEST_F(SandboxRuntimeTest, process_has_no_descriptors_and_namespaces_of_its_own) {
  EXPECT_EQ(run(spec("for fd in /proc/$$/fd/*; do echo ${fd##*/}; done; ps ax | wc -l")).exit_code,
            0);
  EXPECT_THAT(output(), testing::StartsWith("0\n1\n2\n"));
  EXPECT_THAT(output(), testing::Not(HasSubstr("\n4\n")));
}

TEST_F(SandboxRuntimeTest, user_and_groups_are_those_of_the_spec) {
  auto other = spec("id -u; id -g; id -G; grep CapEff /proc/self/status");
  other.user = 12345;
  other.group = 23456;
  if (::geteuid() == 0) other.supplemental_groups = {34567};
  other.environment.emplace_back("LD_BIND_NOW", "1");
  EXPECT_EQ(run(std::move(other)).exit_code, 0) << output();
  EXPECT_THAT(output(), testing::StartsWith("12345\n23456\n"));
  EXPECT_THAT(output(), HasSubstr("CapEff:\t0000000000000000"));
  if (::geteuid() == 0) EXPECT_THAT(output(), HasSubstr("34567"));
}

TEST_F(SandboxRuntimeTest, unknown_container_is_not_found) {
  EXPECT_EQ(runtime_->start("x").error().kind, ErrorKind::not_found);
  EXPECT_EQ(runtime_->state("x").error().kind, ErrorKind::not_found);
  runtime_->stop("x", seconds{1});
  runtime_->remove("x");
}

TEST(SandboxPlan, environment_of_the_loader_reaches_only_the_command) {
  ContainerSpec spec;
  spec.command = {"/bin/true"};
  spec.user = 1000;
  spec.environment = {{"LD_PRELOAD", "/evil.so"}, {"A", "b"}};
  const SandboxHost host{.is_root = true, .setpriv_path = "/s", .env_path = "/e", .hidden = {}};
  const auto plan = plan_sandbox(spec, host);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->options, Contains("A"));
  EXPECT_THAT(plan->options, testing::Not(Contains("LD_PRELOAD")));
  EXPECT_THAT(plan->command,
              testing::ElementsAre("/s", "--inh-caps=-all", "--clear-groups", "--reuid=1000",
                                   "--regid=0", "--", "/e", "LD_PRELOAD=/evil.so", "/bin/true"));
}

TEST(SandboxPlan, bad_requests_are_refused) {
  const SandboxHost host{.is_root = true, .setpriv_path = "", .env_path = "", .hidden = {}};
  ContainerSpec user;
  user.user = 1;
  EXPECT_FALSE(plan_sandbox(user, host));
  ContainerSpec root_mount;
  root_mount.mounts = {{.source = "/tmp", .target = "/../"}};
  EXPECT_FALSE(plan_sandbox(root_mount, host));
  ContainerSpec relative;
  relative.mounts = {{.source = "/tmp", .target = "x"}};
  EXPECT_FALSE(plan_sandbox(relative, host));
  ContainerSpec name;
  name.environment = {{"A=B", "c"}};
  EXPECT_FALSE(plan_sandbox(name, host));
}

TEST(HostPath, follows_links_as_far_as_the_host_has_them) {
  const TempDirectory directory;
  fs::create_directories(directory / "real/sub");
  fs::create_directory_symlink("real", directory / "link");
  const auto path = resolve_on_host(directory / "link/sub/new/deep");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->resolved, directory / "real/sub/new/deep");
  EXPECT_EQ(path->existing, directory / "real/sub");
  const auto up = resolve_on_host(directory / "link/../real/x/../sub");
  ASSERT_TRUE(up);
  EXPECT_EQ(up->resolved, directory / "real/sub");
  fs::create_symlink("loop", directory / "loop");
  EXPECT_EQ(resolve_on_host(directory / "loop/x").error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace signet::node
