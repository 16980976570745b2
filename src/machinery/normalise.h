// Brings an object from outside into the shape its schema says: the wrong type is refused, unknown
// fields are dropped and reported, empty values are dropped or kept as Emit says, members are put
// into schema order.
//
//   TRY(auto report, normalise(*kind.schema, object));
//
// Errors   the text of Go's decoder: "json: cannot unmarshal number into Go struct field
//          ObjectMeta.metadata.name of type string" (api.md C.2).
// Limits   nesting as parsed. Costs n log n in the members of a map, which come out sorted as Go
//          writes them; quantities keep their spelling, numbers become text.
// Source   Kubernetes' JSON decoding and omitempty rules.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "machinery/schema.h"

namespace signet::machinery {

struct NormaliseReport {
  std::vector<std::string> unknown;  // paths: "spec.containers[0].foo"; at most 32
};

// `kind` and `apiVersion` at the top are left alone and stand first.
Result<NormaliseReport> normalise(const Schema& schema, codec::Json& object);

}  // namespace signet::machinery
