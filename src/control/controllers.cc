#include "control/controllers.h"

#include <utility>

namespace signet::control {

Controllers::Controllers(machinery::Api& api, std::string ca_pem)
    : api_(api),
      namespaces_(api, std::move(ca_pem)),
      pod_binder_(api),
      garbage_collector_(api),
      lost_pods_(api) {}

Task<machinery::ApiResult<void>> Controllers::start() {
  subscription_ =
      api_.parts().view.subscribe(api_.parts().loop, [this](const machinery::Changes& changes) {
        for (const auto& change : *changes) {
          namespaces_.tell(change);
          pod_binder_.tell(change);
          garbage_collector_.tell(change);
          lost_pods_.tell(change);
        }
      });
  pod_binder_.start();
  garbage_collector_.start();
  lost_pods_.start();
  return namespaces_.start();
}

void Controllers::stop() {
  subscription_.reset();
  namespaces_.stop();
  pod_binder_.stop();
  garbage_collector_.stop();
  lost_pods_.stop();
}

}  // namespace signet::control
