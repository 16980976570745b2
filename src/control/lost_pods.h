// Removes the pods of a node that is gone: nobody else would ever finish them.
//
// Shape    a node that pods name and that is not there is given 40 seconds to come (back). Then its
//          pods are marked as failed, with the condition DisruptionTarget, and deleted without
//          grace.
// Units    time is the clock's, so that a test decides.
// Threads  its loop's.
// Source   node.md G.5.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "control/alarm.h"
#include "control/work_queue.h"
#include "machinery/api.h"

namespace signet::control {

class LostPods {
 public:
  explicit LostPods(machinery::Api& api);

  void start();
  void tell(const machinery::Change& change);
  void stop();

 private:
  void suspect(const machinery::Object& pod);
  void look();
  void collect(std::string_view node);
  Task<machinery::ApiResult<void>> reconcile(std::string key);

  machinery::Api& api_;
  std::map<std::string, Instant, std::less<>> missing_;  // node -> when it was missed
  Alarm alarm_;
  WorkQueue queue_;
};

}  // namespace signet::control
