// Starts, restarts and stops the containers of one pod: init containers in order, then the rest,
// by the pod's restart policy.
//
//   containers.sync(now);
//   report(containers.init(), containers.main());   sleep until containers.next();
//
// Shape    the first restart comes at once, the next after 10 s, doubling to 5 min; ten minutes of
//          running start over (CrashLoopBackOff). Probes are not run: running is ready.
// Errors   a container that cannot be made waits with reason CreateContainerConfigError or
//          CreateContainerError and is tried again with the same back-off.
// Threads  one.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "codec/json.h"
#include "node/node_context.h"
#include "node/pod_status.h"
#include "node/pod_volumes.h"

namespace signet::node {

class PodContainers {
 public:
  // Goes on from the pod's status: what an earlier agent ran is gone and counts as one run.
  PodContainers(const NodeContext& context, const codec::Json& pod);
  ~PodContainers();
  PodContainers(const PodContainers&) = delete;
  PodContainers& operator=(const PodContainers&) = delete;

  // Looks at what runs and starts what is due. Needs all volumes.
  void sync(const codec::Json& pod, const PodVolumes& volumes, Instant now);
  // Only looks.
  void observe(Instant now);
  // Nothing is started any more.
  void stop(std::chrono::seconds grace);
  // Whether a process may be there, as of the last look.
  bool any_active() const;
  // When something is to be started; Instant::max() if nothing waits for time.
  Instant next() const { return next_; }

  std::vector<ContainerReport> init() const { return reports(true); }
  std::vector<ContainerReport> main() const { return reports(false); }

  // Removes the log files.
  void forget_logs() const;

 private:
  struct Container {
    bool is_init = false;
    std::size_t index = 0;   // in its list of the pod
    std::string runtime_id;  // empty: nothing runs
    ContainerReport report;
    Instant start_at{};
    std::chrono::seconds delay{0};
  };
  enum class Restart : std::uint8_t { always, on_failure, never };

  void adopt(Container& container, const codec::Json& status, Instant now);
  void look(Container& container);
  void ended(Container& container);
  void start(Container& container, const codec::Json& pod, const PodVolumes& volumes, Instant now);
  void cannot_start(Container& container, std::string reason, std::string message, Instant now);
  bool wants_restart(const Container& container) const;
  std::vector<ContainerReport> reports(bool init) const;

  const NodeContext& context_;
  std::string log_directory_;
  std::string pod_;  // "NAME_NAMESPACE(UID)", for messages
  bool stopping_ = false;
  Restart restart_ = Restart::always;
  std::vector<Container> containers_;  // init containers first
  Instant next_ = Instant::max();
};

}  // namespace signet::node
