// The bodies of authorization.k8s.io/v1.
//
// Source   api.md A.6.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema subject_access_review_schema;
extern const machinery::Schema local_subject_access_review_schema;
extern const machinery::Schema self_subject_access_review_schema;
extern const machinery::Schema self_subject_rules_review_schema;

}  // namespace signet::kinds
