#include "control/controllers.h"

#include <utility>

#include "base/try.h"
#include "control/policy_reconciler.h"

namespace signet::control {

Controllers::Controllers(machinery::Api& api, std::string ca_pem)
    : api_(api),
      namespaces_(api, std::move(ca_pem)),
      pod_binder_(api),
      garbage_collector_(api),
      lost_pods_(api),
      role_aggregation_(api) {}

Task<machinery::ApiResult<void>> Controllers::start() {
  subscription_ =
      api_.parts().view.subscribe(api_.parts().loop, [this](const machinery::Changes& changes) {
        for (const auto& change : *changes) {
          namespaces_.tell(change);
          pod_binder_.tell(change);
          garbage_collector_.tell(change);
          lost_pods_.tell(change);
          role_aggregation_.tell(change);
        }
      });
  pod_binder_.start();
  garbage_collector_.start();
  lost_pods_.start();
  CO_TRY_VOID(co_await namespaces_.start());
  CO_TRY_VOID(co_await reconcile_policy(&api_));
  role_aggregation_.start();
  co_return machinery::ApiResult<void>{};
}

void Controllers::stop() {
  subscription_.reset();
  namespaces_.stop();
  pod_binder_.stop();
  garbage_collector_.stop();
  lost_pods_.stop();
  role_aggregation_.stop();
}

}  // namespace signet::control
