// The volumes of a pod and the selectors of its own fields.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema object_field_selector;
extern const machinery::Schema resource_field_selector;
extern const machinery::Schema volume;

}  // namespace signet::kinds
