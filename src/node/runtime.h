// Runs the processes of containers; the agent decides which and when.
//
//   TRY(auto id, runtime.create(spec));
//   TRY_VOID(runtime.start(id));
//   ... runtime.state(id) ...
//   runtime.stop(id, 30s);   // returns at once; exited later
//   runtime.remove(id);
//
// Shape    the verbs are those of CRI's RuntimeService (CreateContainer, StartContainer,
//          StopContainer, RemoveContainer, ContainerStatus), so that an implementation that speaks
//          CRI maps each onto one call: it keeps a sandbox per pod uid and takes the image from the
//          spec. Exec and Logs belong here too when they are served: Exec is one more verb that
//          takes an id and a command and hands back streams, Logs reads ContainerSpec::log_path.
// Errors   invalid: the spec can never run here; unavailable: not now.
// Threads  every call from any thread; none waits for a process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace signet::node {

struct ContainerMount {
  std::string source;  // on the host
  std::string target;  // in the container, absolute
  bool read_only = true;
};

struct ContainerSpec {
  std::string pod_uid;
  std::string pod_name;
  std::string pod_namespace;
  std::string name;
  std::string image;
  std::vector<std::string> command;  // with its arguments; never empty
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_directory;  // empty: "/"
  std::vector<ContainerMount> mounts;
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::vector<gid_t> supplemental_groups;
  std::string log_path;  // a file for stdout and stderr together; its directory exists
};

struct ContainerState {
  enum class Phase : std::uint8_t { created, running, exited };

  Phase phase = Phase::created;
  int exit_code = 0;  // 128 + signal for a killed process
  Instant started_at{};
  Instant finished_at{};
  std::string message;  // why it could not be started
};

class PodRuntime {
 public:
  virtual ~PodRuntime() = default;

  // "signet-sandbox": the scheme of containerID in the pod's status.
  virtual std::string_view name() const = 0;
  virtual std::string version() const = 0;

  virtual Result<std::string> create(const ContainerSpec& spec) = 0;
  virtual Result<void> start(const std::string& id) = 0;
  // Asks the container's process to end, and ends it when `grace` has passed. Asking again only
  // shortens the wait.
  virtual void stop(const std::string& id, std::chrono::seconds grace) = 0;
  virtual Result<ContainerState> state(const std::string& id) const = 0;
  // Forgets a container that does not run. Its log file stays.
  virtual void remove(const std::string& id) = 0;

  // Called with a pod's uid, from any thread, when one of its containers has changed state. Not
  // from inside a call to this object; never again once on_change() was called anew.
  virtual void on_change(std::function<void(const std::string& pod_uid)> changed) = 0;
};

}  // namespace signet::node
