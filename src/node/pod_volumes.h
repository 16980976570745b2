// Keeps all volumes of one pod on disk: set up, refreshed when a token becomes due and at least
// every 60 to 90 s, torn down.
//
//   for (const auto& failure : volumes.sync(pod, now)) ...   // events
//   if (volumes.ready()) start containers;
//   sleep until volumes.next();
//
// Shape    ROOT/pods/UID/volumes/PLUGIN/NAME. ROOT/pods is 0700, stricter than a kubelet's 0750:
//          containers get at a volume by its bind mount alone, and group root, which a container
//          may well run as, must not reach another pod's world-readable token.
// Errors   a volume that failed is tried again after 500 ms, doubling to 2 min 2 s. What was set
//          up before stays as it is meanwhile, because running containers hold it mounted.
// Threads  one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "node/node_context.h"

namespace signet::node {

class PodVolumes {
 public:
  struct Failure {
    std::string volume;
    std::string message;
  };

  PodVolumes(const NodeContext& context, const codec::Json& pod);

  // Sets up what is due.
  std::vector<Failure> sync(const codec::Json& pod, Instant now);
  // Everything is due at once: the pod has changed.
  void mark_due();

  bool ready() const;
  std::vector<std::string> names(bool only_unready) const;
  Instant next() const;  // Instant::max() when there is nothing to do
  std::string directory(std::string_view volume) const;

  // Deletes all of the pod's directory and its tokens.
  Result<void> tear_down();

 private:
  struct Volume {
    std::string name;
    std::string directory;  // empty: an unsupported type
    bool ready = false;
    Instant next{};
    std::optional<Instant> sweep_at;  // when the replaced files may go
    std::chrono::milliseconds backoff{0};
  };

  Result<std::optional<Instant>> set_up(const codec::Json& pod, const codec::Json& spec,
                                        Volume& volume);
  void sweep(Volume& volume) const;
  std::chrono::nanoseconds resync_period();
  static std::chrono::milliseconds grow(Volume& volume);

  const NodeContext& context_;
  std::string uid_;
  std::string pod_directory_;
  std::vector<Volume> volumes_;
};

}  // namespace signet::node
