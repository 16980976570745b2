// One bubblewrap process: started, asked to end, ended, waited for.
//
// Shape    bwrap (ours) -> its init (pid 1 inside) -> the command. A request to end goes to the
//          command itself, because an init ignores signals it has no handler for.
// Threads  one thread, which must outlive the process: the kernel ends bwrap when the thread that
//          started it ends.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/files.h"
#include "node/sandbox_plan.h"

namespace signet::node {

class SandboxProcess {
 public:
  static Result<SandboxProcess> spawn(const std::string& bwrap_path, const SandboxPlan& plan,
                                      const std::string& log_path);

  // Readable once the process has ended.
  int exit_fd() const { return pidfd_.get(); }
  // Reaps it: its exit code, or 128 + signal; nothing while it runs.
  std::optional<int> exit_code();

  // SIGTERM to the command. False while there is no command yet: ask again.
  bool terminate();
  void kill();

 private:
  SandboxProcess(pid_t pid, Fd pidfd, Fd report)
      : pid_(pid), pidfd_(std::move(pidfd)), report_(std::move(report)) {}

  // The init inside, once bwrap has reported it.
  std::optional<pid_t> init();

  pid_t pid_;
  Fd pidfd_;
  Fd report_;
  std::string reported_;
  std::optional<pid_t> init_;
};

}  // namespace signet::node
