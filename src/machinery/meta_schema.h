// The schemas of the objects that belong to no kind: what lists, errors and metadata look like.
//
// Source   metav1; the field numbers are wire facts (api.md A.6).
#pragma once

#include "machinery/schema.h"

namespace signet::machinery {

extern const Schema delete_options_schema;  // a body of DELETE, and part of an eviction
extern const Schema list_meta;
extern const Schema status_schema;
extern const Schema partial_metadata_schema;

}  // namespace signet::machinery
