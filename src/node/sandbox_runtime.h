// Runs containers as processes of this machine, each in mount, pid and ipc namespaces of its own
// made by bubblewrap. No images, no daemon; root is not needed where user namespaces are allowed.
//
//   TRY(auto runtime, SandboxRuntime::create({.hidden = {data_dir}}, clock));
//
// Shape    a container sees the host's files and network with its volumes at their mount paths.
//          It dies with this process. Its output goes to one log file.
// Errors   create() says what is missing; a command that cannot be run is in the log file, with
//          exit code 1.
// Limits   a log file over log_bytes_max is moved to FILE.1 and starts anew (checked every 10 s);
//          one that cannot be moved goes on growing, so that no line is lost.
// Threads  one thread of its own starts processes, waits for them and ends them.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "node/runtime.h"

namespace signet::node {

class SandboxRuntime final : public PodRuntime {
 public:
  struct Options {
    // Directories that containers see empty: the authority's keys and other pods' volumes.
    std::vector<std::string> hidden;
    std::size_t log_bytes_max = std::size_t{10} * 1024 * 1024;
    // How long the destructor waits between asking processes to end and ending them.
    std::chrono::milliseconds shutdown_grace{2000};
  };

  static Result<std::unique_ptr<SandboxRuntime>> create(Options options, const Clock& clock);
  ~SandboxRuntime() override;

  std::string_view name() const override { return "signet-sandbox"; }
  std::string version() const override;
  Result<std::string> create(const ContainerSpec& spec) override;
  Result<void> start(const std::string& id) override;
  void stop(const std::string& id, std::chrono::seconds grace) override;
  Result<ContainerState> state(const std::string& id) const override;
  void remove(const std::string& id) override;
  void on_change(std::function<void(const std::string& pod_uid)> changed) override;

 private:
  struct Impl;
  explicit SandboxRuntime(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::node
