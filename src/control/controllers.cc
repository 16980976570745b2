#include "control/controllers.h"

#include <utility>

namespace signet::control {

Controllers::Controllers(machinery::Api& api, std::string ca_pem)
    : api_(api), namespaces_(api, std::move(ca_pem)), pod_binder_(api) {}

Task<machinery::ApiResult<void>> Controllers::start() {
  subscription_ =
      api_.parts().view.subscribe(api_.parts().loop, [this](const machinery::Changes& changes) {
        for (const auto& change : *changes) {
          namespaces_.tell(change);
          pod_binder_.tell(change);
        }
      });
  pod_binder_.start();
  return namespaces_.start();
}

void Controllers::stop() {
  subscription_.reset();
  namespaces_.stop();
  pod_binder_.stop();
}

}  // namespace signet::control
