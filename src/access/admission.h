// Every write passes the steps of admission, in the order in which admission.cc lists them.
//
// Threads  one AdmissionChain a loop.
// Source   Kubernetes admission control: its plug-ins, their order and texts.
#pragma once

#include "access/admission_step.h"

namespace signet::access {

class AdmissionChain final : public machinery::Admission {
 public:
  // Everything outlives the chain.
  AdmissionChain(const machinery::View& view, net::Loop& loop, Random& random,
                 const Authorizer& authorizer, PodToken pod_token = PodToken::projected)
      : reader_(view),
        context_{.reader = reader_,
                 .loop = loop,
                 .random = random,
                 .authorizer = authorizer,
                 .pod_token = pod_token} {}
  AdmissionChain(const AdmissionChain&) = delete;
  AdmissionChain& operator=(const AdmissionChain&) = delete;

  Task<machinery::ApiResult<void>> admit(machinery::AdmissionRequest request) override;

 private:
  machinery::View::Reader reader_;
  AdmissionContext context_;
};

}  // namespace signet::access
