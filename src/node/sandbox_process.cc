#include "node/sandbox_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"

namespace signet::node {
namespace {

constexpr int options_fd = 3;
constexpr int report_fd = 4;
constexpr int first_free_fd = 10;  // above the descriptors that the child is given
constexpr std::size_t report_bytes_max = 4096;

Fd pidfd_of(pid_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// Out of the way of the numbers that the child's descriptors get.
Result<Fd> moved_up(Fd fd) {
  if (!fd) return fail_errno("open", errno);
  Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, first_free_fd));
  if (!moved) return fail_errno("fcntl", errno);
  return moved;
}

// bwrap reads its options from a file, so that no environment value shows in a process list.
Result<Fd> options_file(const std::vector<std::string>& options) {
  TRY(auto fd, moved_up(Fd(::memfd_create("options", MFD_CLOEXEC))));
  std::string bytes;
  for (const auto& option : options) bytes.append(option).push_back('\0');
  if (!write_all(fd.get(), bytes)) return fail_errno("write options", errno);
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("seek options", errno);
  return fd;
}

struct SpawnSetup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};

  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

std::string small_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(4096, '\0');
  const auto got = fd ? ::read(fd.get(), bytes.data(), bytes.size()) : 0;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::optional<pid_t> first_number(std::string_view text) {
  pid_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || number <= 0) return std::nullopt;
  return number;
}

std::optional<pid_t> parent_of(pid_t pid) {
  const auto text = small_file(cat("/proc/", pid, "/stat"));
  const auto name_end = text.rfind(") ");  // the name may hold anything
  if (name_end == std::string::npos || text.size() < name_end + 5) return std::nullopt;
  return first_number(std::string_view(text).substr(name_end + 4));
}

// The command is the init's first child; what it leaves behind comes after it.
std::optional<pid_t> first_child(pid_t pid) {
  return first_number(small_file(cat("/proc/", pid, "/task/", pid, "/children")));
}

}  // namespace

Result<SandboxProcess> SandboxProcess::spawn(const std::string& bwrap_path, const SandboxPlan& plan,
                                             const std::string& log_path) {
  TRY(const auto options, options_file(plan.options));
  TRY(const auto log,
      moved_up(Fd(
          ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640))));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("pipe", errno);
  Fd report(ends[0]);
  TRY(const auto report_write, moved_up(Fd(ends[1])));

  SpawnSetup setup;
  ::posix_spawn_file_actions_addopen(&setup.actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&setup.actions, log.get(), 1);
  ::posix_spawn_file_actions_adddup2(&setup.actions, log.get(), 2);
  ::posix_spawn_file_actions_adddup2(&setup.actions, options.get(), options_fd);
  ::posix_spawn_file_actions_adddup2(&setup.actions, report_write.get(), report_fd);
  ::posix_spawn_file_actions_addclosefrom_np(&setup.actions, report_fd + 1);
  sigset_t none{};
  sigset_t all{};
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &all);
  // A session of its own, so that Ctrl-C at the agent's terminal is not every container's.
  ::posix_spawnattr_setflags(&setup.attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);

  std::vector<std::string> arguments = {
      "bwrap", "--args", std::to_string(options_fd), "--info-fd", std::to_string(report_fd), "--"};
  arguments.insert(arguments.end(), plan.command.begin(), plan.command.end());
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  // bwrap itself runs with nothing of the pod's environment.
  char* no_environment = nullptr;
  pid_t pid = 0;
  const int code = ::posix_spawn(&pid, bwrap_path.c_str(), &setup.actions, &setup.attributes,
                                 pointers.data(), &no_environment);
  if (code != 0) return fail_errno(bwrap_path, code);
  auto pidfd = pidfd_of(pid);
  if (!pidfd) {
    const int why = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail_errno("pidfd_open", why);
  }
  return SandboxProcess(pid, std::move(pidfd), std::move(report));
}

std::optional<int> SandboxProcess::exit_code() {
  int status = 0;
  const auto reaped = ::waitpid(pid_, &status, WNOHANG);
  if (reaped == 0 || (reaped < 0 && errno == EINTR)) return std::nullopt;
  if (reaped < 0) return 255;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::optional<pid_t> SandboxProcess::init() {
  if (init_) return init_;
  std::array<char, 512> bytes{};
  while (reported_.size() < report_bytes_max) {
    const auto got = ::read(report_.get(), bytes.data(), bytes.size());
    if (got <= 0) break;
    reported_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  if (const auto parsed = codec::parse_json(reported_, {})) {
    if (const auto pid = codec::int_at(parsed->value, "child-pid"); pid && *pid > 1) {
      init_ = static_cast<pid_t>(*pid);
    }
  }
  return init_;
}

bool SandboxProcess::terminate() {
  const auto parent = init();
  if (!parent) return false;
  const auto command = first_child(*parent);
  if (!command) return false;
  const auto fd = pidfd_of(*command);
  // Looked at again behind the descriptor: the number may have changed hands.
  if (!fd || parent_of(*command) != *parent || parent_of(*parent) != pid_) return false;
  return ::syscall(SYS_pidfd_send_signal, fd.get(), SIGTERM, nullptr, 0) == 0;
}

void SandboxProcess::kill() {
  // Everything inside goes with its init, and the init with bwrap.
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

}  // namespace signet::node
