// JSON as values of expressions.
//
// Shape    whole numbers are int, others double, as Kubernetes reads JSON; members become a map.
#pragma once

#include "cel/value.h"
#include "codec/json.h"

namespace signet::cel {

Value from_json(const codec::Json& json);

}  // namespace signet::cel
