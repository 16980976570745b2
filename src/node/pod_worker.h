// One pod's life on this node, as a step function: volumes, containers, status, and the end.
//
//   PodWorker worker(context, pod);
//   const auto turn = worker.sync();      // never waits for a process
//   if (turn.done) forget it; else call again at turn.next, or when something changed
//
// Shape    starting -> running -> (ended by itself | terminating) -> done. Terminating: containers
//          stop within the grace, the last status is sent, volumes and logs go, and the object is
//          deleted with a uid precondition.
// Errors   go into events and the log; what failed is tried again with back-off.
// Threads  one.
#pragma once

#include <chrono>
#include <string>

#include "codec/json.h"
#include "node/node_context.h"
#include "node/pod_containers.h"
#include "node/pod_volumes.h"

namespace signet::node {

class PodWorker {
 public:
  struct Turn {
    Instant next = Instant::max();
    bool done = false;
  };

  PodWorker(const NodeContext& context, codec::Json pod);

  void update(codec::Json pod);
  // The object is gone from the authority, with or without a farewell.
  void vanish() { vanished_ = true; }
  bool vanished() const { return vanished_; }
  // Volumes are looked at by the next sync() whatever was planned.
  void recheck() { volumes_.mark_due(); }
  Turn sync();

 private:
  Instant run(Instant now);
  void advance(Instant now);
  Turn terminate(Instant now);
  Result<void> delete_object();
  void report_failures(const std::vector<PodVolumes::Failure>& failures);
  void watch_mount_wait(Instant now);
  void send_status(Instant now);
  bool has_ended() const;
  std::chrono::seconds grace() const;

  const NodeContext& context_;
  codec::Json pod_;
  PodVolumes volumes_;
  PodContainers containers_;
  PodReport report_;
  bool vanished_ = false;
  bool ended_before_ = false;  // an earlier agent saw its end
  bool torn_down_ = false;
  Instant mount_deadline_{};
  codec::Json sent_status_;
  Instant status_retry_ = Instant::max();
  std::chrono::milliseconds status_backoff_{0};
  Instant removal_retry_{};
  std::chrono::milliseconds removal_backoff_{0};
};

}  // namespace signet::node
