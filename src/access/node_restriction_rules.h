// The rules of node_restriction.h, one file a kind.
#pragma once

#include <string_view>

#include "access/admission_step.h"

namespace signet::access {

machinery::ApiResult<void> restrict_node_object(const machinery::AdmissionRequest& request,
                                                std::string_view node);

machinery::ApiResult<void> restrict_node_pod(const machinery::AdmissionRequest& request,
                                             std::string_view node,
                                             const machinery::Snapshot& snapshot);

// The object is a TokenRequest for the account that the request names.
machinery::ApiResult<void> restrict_node_token(const machinery::AdmissionRequest& request,
                                               std::string_view node,
                                               const AdmissionContext& context);

}  // namespace signet::access
