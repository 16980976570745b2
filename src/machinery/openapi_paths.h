// The paths of an OpenAPI document: which operations a kind has, and what they take and answer.
#pragma once

#include "codec/json.h"
#include "machinery/kind.h"
#include "machinery/openapi_schemas.h"

namespace signet::machinery {

// Adds the paths of a kind and of its subresources. `schemas` gives the names of types.
void add_openapi_paths(const Kind& kind, const OpenApiSchemas& schemas, OpenApi form,
                       codec::JsonObject& paths);

}  // namespace signet::machinery
