// Renders the OpenAPI documents that kubectl reads before it creates, applies or explains.
//
// Shape    v2 says only which kinds exist: with properties, old clients would validate and patch by
//          it. v3 has the schema of every kind, and on each PATCH the fieldValidation parameter by
//          which clients learn that the server validates; request bodies are left out on purpose,
//          so that clients compute strategic patches from their own types.
// Source   api.md A.4; OpenAPI 2.0 and 3.0; openapi.v2 protobuf (field numbers are wire facts).
#pragma once

#include <string>
#include <string_view>

#include "machinery/registry.h"

namespace signet::machinery {

std::string openapi_v2_json(const Registry& registry);
// The same as a message openapi.v2.Document.
std::string openapi_v2_protobuf(const Registry& registry);
// Of one group-version.
std::string openapi_v3_json(const Registry& registry, std::string_view group,
                            std::string_view version);

}  // namespace signet::machinery
