// What one step of admission is: a name, and a function that may change the object or refuse it.
//
// Shape    nearly every step answers at once; one that has to wait is a coroutine.
// Threads  the loop's.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "access/authorizer.h"
#include "base/random.h"
#include "machinery/admission.h"
#include "machinery/view.h"
#include "net/loop.h"

namespace signet::access {

// By which token a pod gets to say who it is.
enum class PodToken : std::uint8_t {
  projected,   // one of its own, bound to it, refreshed by its node
  from_secret  // that of the account's secret, as up to Kubernetes 1.20
};

// What steps look at beside the request. Outlives every request of the loop.
struct AdmissionContext {
  machinery::View::Reader& reader;
  net::Loop& loop;
  Random& random;
  const Authorizer& authorizer;
  PodToken pod_token = PodToken::projected;

  const machinery::Snapshot& snapshot() const { return reader.current(); }
};

struct AdmissionStep {
  using AtOnce = machinery::ApiResult<void> (*)(const machinery::AdmissionRequest& request,
                                                const AdmissionContext& context);
  using Waiting = Task<machinery::ApiResult<void>> (*)(machinery::AdmissionRequest request,
                                                       const AdmissionContext* context);

  std::string_view name;
  std::variant<AtOnce, Waiting> run;
};

// The object of the request is a pod that is to be made, not something that is done to one.
bool is_new_pod(const machinery::AdmissionRequest& request);

// The 403 of a step: `pods "a" is forbidden: WHY`.
machinery::ApiResult<void> deny(const machinery::AdmissionRequest& request, std::string_view why);

}  // namespace signet::access
