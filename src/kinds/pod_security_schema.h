// What a container and a pod may do on their node.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema security_context;
extern const machinery::Schema pod_security_context;

}  // namespace signet::kinds
