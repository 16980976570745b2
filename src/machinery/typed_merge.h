// Merges what somebody applies into an object, and takes fields out of it.
//
//   TRY_VOID(check_applied(*kind.schema, configuration));  // ".data.x: expected string, got ..."
//   Json merged = merge_applied(*kind.schema, live, configuration);
//   Json pruned = without_fields(*kind.schema, merged, no_longer_applied);
//
// Shape    pure. Elements of lists that the configuration names come in its order, the others stay
//          beside the neighbours they had. What is emptied by taking fields out becomes null.
// Errors   check_applied: the text that follows Kubernetes' "failed to create typed patch object";
//          one problem as it is, several a line each, at most 32.
// Limits   nesting as parsed.
// Source   structured-merge-diff: Merge, RemoveItems and Validate of typed values.
#pragma once

#include "base/result.h"
#include "codec/json.h"
#include "machinery/field_set.h"
#include "machinery/schema.h"

namespace signet::machinery {

// Every field is known to the schema and of its JSON type, and no list names an element twice.
Result<void> check_applied(const Schema& schema, const codec::Json& configuration);

codec::Json merge_applied(const Schema& schema, const codec::Json& live,
                          const codec::Json& configuration);

codec::Json without_fields(const Schema& schema, const codec::Json& object, const FieldSet& fields);

// With the fields of records that have something below them as members, too.
FieldSet with_records(const Schema& schema, const FieldSet& fields);

}  // namespace signet::machinery
