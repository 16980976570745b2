#include "node/sandbox_runtime.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "base/cat.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/random.h"
#include "base/try.h"
#include "node/files.h"
#include "node/sandbox_plan.h"
#include "node/sandbox_process.h"

namespace signet::node {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds ask_again{20};
constexpr milliseconds log_check_period{10000};
constexpr int could_not_start = 128;

std::string find_program(std::string_view name, std::string_view search) {
  while (!search.empty()) {
    const auto end = std::min(search.find(':'), search.size());
    const auto path = cat(search.substr(0, end), '/', name);
    if (path.starts_with('/') && ::access(path.c_str(), X_OK) == 0) return path;
    search.remove_prefix(std::min(end + 1, search.size()));
  }
  return {};
}

// Copies the file to FILE.1, then empties it: writers append, so they go on in the same file.
Result<void> rotate(const std::string& path, std::size_t bytes_max) {
  const Fd from(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!from || ::fstat(from.get(), &status) != 0) return fail_errno(path, errno);
  if (static_cast<std::size_t>(status.st_size) <= bytes_max) return {};
  const auto old = path + ".1";
  const Fd to(::open(old.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!to) return fail_errno(old, errno);
  for (off_t left = status.st_size; left > 0;) {
    const auto copied = ::copy_file_range(from.get(), nullptr, to.get(), nullptr,
                                          static_cast<std::size_t>(left), 0);
    if (copied <= 0) return fail_errno(old, copied < 0 ? errno : EIO);
    left -= copied;
  }
  if (::ftruncate(from.get(), 0) != 0) return fail_errno(path, errno);
  return {};
}

}  // namespace

struct SandboxRuntime::Impl {
  struct Container {
    ContainerSpec spec;
    SandboxPlan plan;
    ContainerState state;
    bool start_wanted = false;
    std::optional<SandboxProcess> process;  // touched by the runtime's thread only
    std::optional<SteadyTime> kill_at;      // set once a stop is wanted
    bool asked = false;
  };
  using Containers = std::map<std::string, Container>;

  Options options;
  const Clock& clock;
  std::string bwrap_path;
  SandboxHost host;
  Fd wake;
  Guarded<Containers> containers;
  Guarded<std::function<void(const std::string&)>> changed;
  SteadyTime next_log_check = std::chrono::steady_clock::now() + log_check_period;
  std::jthread thread;

  Impl(Options given, const Clock& the_clock) : options(std::move(given)), clock(the_clock) {}

  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
  }

  void start_wanted(Container& container, std::set<std::string>& touched) {
    if (!container.start_wanted || container.process) return;
    container.start_wanted = false;
    container.state.started_at = clock.now();
    touched.insert(container.spec.pod_uid);
    auto process = container.kill_at
                       ? fail(ErrorKind::unavailable, "stopped before it was started")
                       : SandboxProcess::spawn(bwrap_path, container.plan, container.spec.log_path);
    if (!process) {
      container.state.phase = ContainerState::Phase::exited;
      container.state.exit_code = could_not_start;
      container.state.finished_at = container.state.started_at;
      container.state.message = process.error().message;
      return;
    }
    container.process = *std::move(process);
    container.state.phase = ContainerState::Phase::running;
  }

  // The instant to look at it again, if any.
  std::optional<SteadyTime> attend(Container& container, std::set<std::string>& touched) {
    start_wanted(container, touched);
    if (!container.process) return std::nullopt;
    if (const auto code = container.process->exit_code()) {
      container.state.phase = ContainerState::Phase::exited;
      container.state.exit_code = *code;
      container.state.finished_at = clock.now();
      container.process.reset();
      touched.insert(container.spec.pod_uid);
      return std::nullopt;
    }
    if (!container.kill_at) return std::nullopt;
    const auto now = std::chrono::steady_clock::now();
    if (now >= *container.kill_at) {
      container.process->kill();
      return std::nullopt;
    }
    if (!container.asked) container.asked = container.process->terminate();
    return container.asked ? *container.kill_at : std::min(*container.kill_at, now + ask_again);
  }

  void check_logs() {
    std::vector<std::string> paths;
    containers.with([&](Containers& all) {
      for (const auto& [id, container] : all) {
        if (container.process) paths.push_back(container.spec.log_path);
      }
    });
    for (const auto& path : paths) {
      if (const auto done = rotate(path, options.log_bytes_max); !done) {
        log::warn("cannot rotate a container's log", {{"error", done.error().message}});
      }
    }
  }

  // One look at everything. Returns what to wait for.
  std::vector<pollfd> turn(std::optional<SteadyTime>& next) {
    std::vector<pollfd> fds = {{.fd = wake.get(), .events = POLLIN, .revents = 0}};
    std::set<std::string> touched;
    containers.with([&](Containers& all) {
      for (auto& [id, container] : all) {
        const auto at = attend(container, touched);
        if (at && (!next || *at < *next)) next = at;
        if (container.process) {
          fds.push_back({.fd = container.process->exit_fd(), .events = POLLIN, .revents = 0});
        }
      }
    });
    // Under the lock, so that nobody is told any more once on_change() has returned.
    changed.with([&](const auto& tell) {
      if (!tell) return;
      for (const auto& uid : touched) tell(uid);
    });
    return fds;
  }

  static void wait(std::vector<pollfd>& fds, SteadyTime until) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    const auto timeout = std::max(milliseconds{0}, std::min(left, log_check_period));
    ::poll(fds.data(), fds.size(), static_cast<int>(timeout.count()));
    std::uint64_t rings = 0;
    [[maybe_unused]] const auto got = ::read(fds.front().fd, &rings, sizeof rings);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::optional<SteadyTime> next;
      auto fds = turn(next);
      if (std::chrono::steady_clock::now() >= next_log_check) {
        next_log_check = std::chrono::steady_clock::now() + log_check_period;
        check_logs();
      }
      wait(fds, std::min(next.value_or(next_log_check), next_log_check));
    }
    end_all();
  }

  // No process outlives this object.
  void end_all() {
    const auto deadline = std::chrono::steady_clock::now() + options.shutdown_grace;
    containers.with([&](Containers& all) {
      for (auto& [id, container] : all) {
        container.kill_at = std::min(container.kill_at.value_or(deadline), deadline);
      }
    });
    while (true) {
      std::optional<SteadyTime> next;
      auto fds = turn(next);
      if (fds.size() == 1) return;
      wait(fds, next.value_or(std::chrono::steady_clock::now() + ask_again));
    }
  }
};

SandboxRuntime::SandboxRuntime(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SandboxRuntime::~SandboxRuntime() {
  impl_->changed.with([](auto& call) { call = nullptr; });
  impl_->thread.request_stop();
  impl_->ring();
  impl_->thread.join();
}

Result<std::unique_ptr<SandboxRuntime>> SandboxRuntime::create(Options options,
                                                               const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), clock);
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  impl->bwrap_path = find_program("bwrap", path == nullptr ? "/usr/bin:/bin" : path);
  if (impl->bwrap_path.empty()) {
    return fail(ErrorKind::not_found,
                "bwrap was not found in PATH: install bubblewrap to run containers");
  }
  impl->host = {.is_root = ::geteuid() == 0,
                .setpriv_path = find_program("setpriv", "/usr/bin:/bin"),
                .env_path = find_program("env", "/usr/bin:/bin"),
                .hidden = impl->options.hidden};
  impl->wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!impl->wake) return fail_errno("eventfd", errno);
  impl->thread = std::jthread([it = impl.get()](const std::stop_token& stop) { it->run(stop); });
  return std::unique_ptr<SandboxRuntime>(new SandboxRuntime(std::move(impl)));
}

std::string SandboxRuntime::version() const {
  return "1";
}

Result<std::string> SandboxRuntime::create(const ContainerSpec& spec) {
  if (spec.command.empty()) return fail(ErrorKind::invalid, "no command");
  TRY(auto plan, plan_sandbox(spec, impl_->host));
  SystemRandom random;
  auto id = uuid_v4(random);
  impl_->containers.with([&](Impl::Containers& all) {
    auto& container = all[id];
    container.spec = spec;
    container.plan = std::move(plan);
  });
  return id;
}

Result<void> SandboxRuntime::start(const std::string& id) {
  const bool known = impl_->containers.with([&](Impl::Containers& all) {
    const auto found = all.find(id);
    if (found == all.end()) return false;
    if (found->second.state.phase == ContainerState::Phase::created) {
      found->second.start_wanted = true;
    }
    return true;
  });
  if (!known) return fail(ErrorKind::not_found, cat("container ", id, " not found"));
  impl_->ring();
  return {};
}

void SandboxRuntime::stop(const std::string& id, std::chrono::seconds grace) {
  const auto kill_at = std::chrono::steady_clock::now() + grace;
  impl_->containers.with([&](Impl::Containers& all) {
    if (const auto found = all.find(id); found != all.end()) {
      found->second.kill_at = std::min(found->second.kill_at.value_or(kill_at), kill_at);
    }
  });
  impl_->ring();
}

Result<ContainerState> SandboxRuntime::state(const std::string& id) const {
  return impl_->containers.with([&](const Impl::Containers& all) -> Result<ContainerState> {
    const auto found = all.find(id);
    if (found == all.end()) {
      return fail(ErrorKind::not_found, cat("container ", id, " not found"));
    }
    // Asked to start and not yet there counts as created.
    return found->second.state;
  });
}

void SandboxRuntime::remove(const std::string& id) {
  impl_->containers.with([&](Impl::Containers& all) {
    const auto found = all.find(id);
    if (found != all.end() && !found->second.process) all.erase(found);
  });
}

void SandboxRuntime::on_change(std::function<void(const std::string& pod_uid)> changed) {
  impl_->changed.with([&](auto& call) { call = std::move(changed); });
}

}  // namespace signet::node
