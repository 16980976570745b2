// The admission steps of this server, in order: namespaces, nodes, service accounts.
//
// Threads  one AdmissionChain a loop.
// Source   Kubernetes' NamespaceLifecycle, NodeRestriction and ServiceAccount admission.
#pragma once

#include "base/random.h"
#include "machinery/admission.h"
#include "machinery/view.h"
#include "net/loop.h"

namespace signet::access {

class AdmissionChain final : public machinery::Admission {
 public:
  // Everything outlives the chain.
  AdmissionChain(const machinery::View& view, net::Loop& loop, Random& random)
      : reader_(view), loop_(loop), random_(random) {}

  Task<machinery::ApiResult<void>> admit(machinery::AdmissionRequest request) override;

 private:
  machinery::View::Reader reader_;
  net::Loop& loop_;
  Random& random_;
};

}  // namespace signet::access
