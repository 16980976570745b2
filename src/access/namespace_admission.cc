#include "access/namespace_admission.h"

#include "base/cat.h"
#include "kinds/kinds.h"

namespace signet::access {

using machinery::ApiError;

machinery::ApiResult<void> admit_to_namespace(const machinery::AdmissionRequest& request,
                                              const AdmissionContext& context) {
  if (request.operation != machinery::Operation::create || !request.kind->namespaced()) return {};
  const auto ns = request.namespace_name;
  const auto* found = context.snapshot().find(kinds::namespace_kind, ns);
  if (found == nullptr) return machinery::refuse(ApiError::not_found({"", "namespaces"}, ns));
  if (!found->deleted_at()) return {};
  auto error = ApiError::forbidden(
      {request.kind->group, request.kind->plural}, request.name,
      cat("unable to create new content in namespace ", ns, " because it is being terminated"));
  if (error.details) {
    error.details->causes.push_back({.reason = "NamespaceTerminating",
                                     .message = cat("namespace ", ns, " is being terminated"),
                                     .field = "metadata.namespace"});
  }
  return machinery::refuse(std::move(error));
}

}  // namespace signet::access
