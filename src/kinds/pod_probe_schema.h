// How the health of a container is asked, and what happens when it starts and stops.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema probe;
extern const machinery::Schema lifecycle;

}  // namespace signet::kinds
