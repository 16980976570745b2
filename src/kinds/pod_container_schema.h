// The containers of a pod.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema resource_requirements;
extern const machinery::Schema container;
extern const machinery::Schema ephemeral_container;

}  // namespace signet::kinds
