// Keeps namespaces furnished while they live and empties them when they go.
//
// Shape    active: ServiceAccount "default" and ConfigMap "kube-root-ca.crt" are there and right.
//          Terminating: pods are deleted first, then everything else, then the namespace; its
//          conditions say what is left. What turns up without a namespace is removed.
// Threads  its loop's.
// Source   node.md G.1 to G.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/namespace_conditions.h"
#include "control/work_queue.h"
#include "machinery/api.h"

namespace signet::control {

class Namespaces {
 public:
  Namespaces(machinery::Api& api, std::string ca_pem);

  // Makes and furnishes the namespaces every server has; then looks after all there are.
  Task<machinery::ApiResult<void>> start();
  void tell(const machinery::Change& change);
  void stop() { queue_.stop(); }

 private:
  Task<bool> furnish_permanent(std::string_view name, std::optional<machinery::ApiError>* refused);
  Task<machinery::ApiResult<void>> reconcile(std::string name);
  Task<machinery::ApiResult<void>> furnish(std::string name);
  Task<machinery::ApiResult<void>> publish_ca(std::string name);
  Task<machinery::ApiResult<void>> empty(std::string name);
  Task<machinery::ApiResult<void>> sweep(std::string name);
  Task<machinery::ApiResult<void>> remove_contents(std::string name, NamespaceRemains* remains);
  Task<bool> remove_one(const machinery::Kind* kind, std::string key, NamespaceRemains* remains);
  Task<machinery::ApiResult<void>> remove_all(const machinery::Kind& kind, std::string name,
                                              NamespaceRemains* remains);
  void find_strays();

  machinery::Api& api_;
  std::string ca_pem_;
  WorkQueue queue_;
};

}  // namespace signet::control
