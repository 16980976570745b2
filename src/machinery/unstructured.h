// How Go speaks of objects that have no type yet: what a strategic merge patch is refused with.
//
//   go_text(value);                            // "map[data:map[a:1]]"
//   conversion_problem(*kind.schema, object);  // "cannot convert int64 to string"
//
// Limits   nesting as parsed.
// Source   Go's fmt; Kubernetes' DefaultUnstructuredConverter.
#pragma once

#include <string>

#include "codec/json.h"
#include "machinery/schema.h"

namespace signet::machinery {

// As the verb %v; maps are sorted by key.
std::string go_text(const codec::Json& value);

// Why the converter would not make an object of that schema of it: the first field of the wrong
// type. Empty when it would, or when the type of the field reads its text itself (times,
// quantities).
std::string conversion_problem(const Schema& schema, const codec::Json& object);

}  // namespace signet::machinery
