#include "access/admission_step.h"

#include "kinds/kinds.h"

namespace signet::access {

bool is_new_pod(const machinery::AdmissionRequest& request) {
  return request.operation == machinery::Operation::create && request.kind == &kinds::pod &&
         request.subresource.empty();
}

machinery::ApiResult<void> deny(const machinery::AdmissionRequest& request, std::string_view why) {
  return machinery::refuse(machinery::ApiError::forbidden(
      {request.kind->group, request.kind->plural}, request.name, why));
}

}  // namespace signet::access
