// What a node may write, beyond what it may ask: its own Node, the status of its own pods, tokens
// for pods it runs.
//
// Source   Kubernetes NodeRestriction; node.md N.3, tokens.md 2.9.
#pragma once

#include "identity/token_request.h"
#include "machinery/admission.h"
#include "machinery/view.h"

namespace signet::access {

machinery::ApiResult<void> restrict_node(const machinery::AdmissionRequest& request,
                                         const machinery::Snapshot& snapshot);

machinery::ApiResult<void> restrict_node_token(const identity::TokenAdmissionRequest& request);

}  // namespace signet::access
