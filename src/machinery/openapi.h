// Renders the OpenAPI documents that kubectl reads before it validates, applies or explains.
//
// Shape    the types of every kind and of its subresources, under the names that clients know from
//          Kubernetes, with the extensions by which they compute patches; and the paths that are
//          served, with their parameters. No field is marked as required: what is depends on
//          defaults, and old clients would refuse objects that the server takes.
// Source   api.md A.4; OpenAPI 2.0 and 3.0; Kubernetes' x-kubernetes extensions.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/registry.h"

namespace signet::machinery {

// Of everything that is served.
codec::Json openapi_v2(const Registry& registry);
// A document of openapi_v2 as a message openapi.v2.Document (gnostic's OpenAPIv2.proto).
std::string openapi_v2_protobuf(const codec::Json& document);
// Of one group-version.
codec::Json openapi_v3(const Registry& registry, std::string_view group, std::string_view version);

}  // namespace signet::machinery
