// Node: the whole message.
//
// Source   core/v1 types and their protobuf definitions, 1.34.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema node_schema;

}  // namespace signet::kinds
