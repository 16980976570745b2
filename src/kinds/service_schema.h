// What a Service is made of.
//
// Source   core/v1 types and their protobuf numbers.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema service_schema;

}  // namespace signet::kinds
