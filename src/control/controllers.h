// What happens by itself: every namespace has its default account and the CA bundle, a namespace
// that is deleted is emptied, a pod without a node gets the only one.
//
//   Controllers controllers(api, ca_pem);
//   spawn(controllers.start(), [](const auto& done) { ... });
//
// Shape    each controller follows the view and writes through the Api of one loop, as any client.
// Threads  that loop's.
// Source   node.md G; api.md B.6.
#pragma once

#include <string>

#include "control/garbage_collector.h"
#include "control/lost_pods.h"
#include "control/namespaces.h"
#include "control/pod_binder.h"
#include "control/role_aggregation.h"
#include "machinery/api.h"

namespace signet::control {

class Controllers {
 public:
  // `api` outlives the controllers; `ca_pem` is what workloads check the server with.
  Controllers(machinery::Api& api, std::string ca_pem);

  // Follows the changes from now on; done once what every server has is there: namespaces and
  // what belongs in them, roles and bindings.
  Task<machinery::ApiResult<void>> start();
  void stop();

 private:
  machinery::Api& api_;
  Namespaces namespaces_;
  PodBinder pod_binder_;
  GarbageCollector garbage_collector_;
  LostPods lost_pods_;
  RoleAggregation role_aggregation_;
  machinery::View::Subscription subscription_;
};

}  // namespace signet::control
