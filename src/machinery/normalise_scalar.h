// One value of a schema type: checked as Go's decoder checks it and brought into the one spelling
// that is stored.
//
// Errors   ScalarError: either the wrong JSON type, or a text of its own.
// Source   Kubernetes' UnmarshalJSON of Time, Quantity and IntOrString; Go's encoding/json.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"
#include "machinery/schema.h"

namespace signet::machinery {

struct ScalarError {
  std::string text;         // complete; empty when the type is wrong, which is said with a path
  std::string value;        // what was there: "number", "number 1.5", "object"
  std::string_view wanted;  // the Go type: "string"
};

// "object", "array", "string", "number", "bool", as decoding errors name what they found.
std::string_view json_type_name(const codec::Json& value);
// "int32", "[]uint8"; for messages nothing, their name is in the schema.
std::string_view go_type_name(Type type);

// `value` is not null and `type` is neither message nor raw.
Result<void, ScalarError> normalise_scalar(Type type, codec::Json& value);
// What a missing value of the type is written as, alone or as an element.
codec::Json zero_value(Type type);
// Whether Go's omitempty leaves it out.
bool is_zero(const codec::Json& value);

}  // namespace signet::machinery
