// The bodies that are posted to a pod: Binding and Eviction.
//
// Source   api.md A.6, C.9; policy/v1.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema binding_schema;
extern const machinery::Schema eviction_schema;

}  // namespace signet::kinds
