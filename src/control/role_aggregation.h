// Keeps the rules of ClusterRoles that collect others': the union of what their selectors match.
//
// Shape    selectors in their order, the roles of each in the order of names, a rule only once.
//          What a collector would collect stands for it, so that each is right after one write, and
//          collectors that collect one another come to an end. Any change of a ClusterRole has all
//          collectors looked at: there are few.
// Threads  its loop's.
// Source   api.md H.3, "Aggregation".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/work_queue.h"
#include "kinds/rbac_rules.h"
#include "machinery/api.h"

namespace signet::control {

class RoleAggregation {
 public:
  explicit RoleAggregation(machinery::Api& api);

  void start();
  void tell(const machinery::Change& change);
  void stop() { queue_.stop(); }

 private:
  Task<machinery::ApiResult<void>> reconcile(std::string name);

  machinery::Api& api_;
  WorkQueue queue_;
};

// What the ClusterRole `name` with this aggregationRule collects.
std::vector<kinds::PolicyRule> collected_rules(const machinery::Snapshot& snapshot,
                                               std::string_view name,
                                               const codec::Json& aggregation_rule);

}  // namespace signet::control
