// Gives a pod without a node the only node there is.
//
// Shape    with no node, or several, a pod waits: choosing is a scheduler's business.
// Threads  its loop's.
#pragma once

#include <string>

#include "control/work_queue.h"
#include "machinery/api.h"

namespace signet::control {

// Sets spec.nodeName and the condition PodScheduled. 409 when the pod has a node already.
Task<machinery::ApiResult<machinery::ObjectPtr>> bind_pod(machinery::Api* api, std::string key,
                                                          std::string node);

class PodBinder {
 public:
  explicit PodBinder(machinery::Api& api);

  void start();
  void tell(const machinery::Change& change);
  void stop() { queue_.stop(); }

 private:
  void add_waiting();
  Task<machinery::ApiResult<void>> reconcile(std::string key);

  machinery::Api& api_;
  WorkQueue queue_;
};

}  // namespace signet::control
