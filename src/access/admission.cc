#include "access/admission.h"

#include "access/escalation.h"
#include "access/namespace_admission.h"
#include "access/node_restriction.h"
#include "access/pod_admission.h"
#include "access/service_account_admission.h"
#include "base/try.h"

namespace signet::access {
namespace {

// Named and ordered as Kubernetes' plug-ins, because the first one that refuses is the one that the
// client hears. A namespace that is missing explains every later failure, so it is looked at first;
// what a node may do is decided about the pod that will really be kept, so only after its account
// is filled in; the rest concerns pods that somebody may make at all. Rules that nobody may give
// away are no plug-in there, but asked when all those have spoken.
constexpr AdmissionStep steps[] = {
    {"NamespaceLifecycle", admit_to_namespace},
    {"ServiceAccount", admit_service_account},
    {"NodeRestriction", restrict_node},
    {"Priority", admit_priority},
    {"DefaultTolerationSeconds", add_tolerations},
    {"RuntimeClass", admit_runtime_class},
    {"RBAC", prevent_escalation},
};

// Once more, about the object as all steps left it.
constexpr AdmissionStep final_checks[] = {
    {"ServiceAccount", check_service_account},
    {"RuntimeClass", check_overhead},
};

}  // namespace

Task<machinery::ApiResult<void>> AdmissionChain::admit(machinery::AdmissionRequest request) {
  for (const std::span<const AdmissionStep> list :
       {std::span<const AdmissionStep>(steps), std::span<const AdmissionStep>(final_checks)}) {
    for (const auto& step : list) {
      if (const auto* at_once = std::get_if<AdmissionStep::AtOnce>(&step.run)) {
        CO_TRY_VOID((*at_once)(request, context_));
      } else {
        CO_TRY_VOID(co_await std::get<AdmissionStep::Waiting>(step.run)(request, &context_));
      }
    }
  }
  co_return machinery::ApiResult<void>{};
}

}  // namespace signet::access
