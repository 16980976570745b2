// Where a pod may run.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema affinity;
extern const machinery::Schema toleration;
extern const machinery::Schema topology_spread_constraint;

}  // namespace signet::kinds
