// Server-side apply: somebody says which fields an object is to have, and owns them from then on.
//
//   TRY(auto wanted, apply_configuration(kind, live, configuration, {.writer = {...}}));
//
// Shape    the configuration is merged into the object; what its manager applied before, leaves out
//          now and nobody else owns is removed. The result has its managedFields, and is not yet
//          normalised.
// Errors   400 for another kind and for managedFields in the configuration; 409 with a cause a
//          field when somebody else owns what would change; 500 for fields the schema does not
//          know.
// Source   api.md C.7; Kubernetes' managedfields package and structured-merge-diff's Updater.
#pragma once

#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/kind.h"
#include "machinery/managed_fields.h"

namespace signet::machinery {

struct Applier {
  Writer writer;
  bool force = false;  // take over what others own
};

// `live` null: there is no object yet.
ApiResult<codec::Json> apply_configuration(const Kind& kind, const codec::Json* live,
                                           const codec::Json& configuration,
                                           const Applier& applier);

}  // namespace signet::machinery
