// The three ways a PATCH changes an object. Pure: the result is a new value, the input stays.
//
// Errors   ApiError with the code and text Kubernetes gives (api.md C.7).
// Limits   10,000 operations of a JSON patch; nesting as parsed.
// Source   RFC 6902, RFC 7386, Kubernetes strategic merge patch.
#pragma once

#include <string>

#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/schema.h"

namespace signet::machinery {

ApiResult<codec::Json> apply_json_patch(const codec::Json& object, const codec::Json& operations);
ApiResult<codec::Json> apply_merge_patch(const codec::Json& object, const codec::Json& patch);
ApiResult<codec::Json> apply_strategic_patch(const Schema& schema, const codec::Json& object,
                                             const codec::Json& patch);

}  // namespace signet::machinery
