// The bodies of authentication.k8s.io/v1.
//
// Source   api.md A.6, tokens.md 2.1 and 6.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema self_subject_review_schema;
extern const machinery::Schema token_request_schema;
extern const machinery::Schema token_review_schema;

}  // namespace signet::kinds
