#include "access/admission.h"

#include "access/namespace_admission.h"
#include "access/node_restriction.h"
#include "access/service_account_admission.h"
#include "base/try.h"

namespace signet::access {

Task<machinery::ApiResult<void>> AdmissionChain::admit(machinery::AdmissionRequest request) {
  CO_TRY_VOID(admit_to_namespace(request, reader_.current()));
  CO_TRY_VOID(restrict_node(request, reader_.current()));
  if (concerns_service_accounts(request)) {
    CO_TRY_VOID(co_await admit_service_account(request, &reader_, &loop_, &random_));
  }
  co_return machinery::ApiResult<void>{};
}

}  // namespace signet::access
