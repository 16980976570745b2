// Whether what is written stands where the request's path says: the same name, the same namespace.
//
//   TRY_VOID(check_place(kind, info, object));
//
// Shape    the namespace of `object` is the path's afterwards; a kind without namespaces loses it.
// Errors   400 in the words of Kubernetes (api.md C.6).
#pragma once

#include <string_view>

#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/kind.h"
#include "machinery/request_info.h"

namespace signet::machinery {

ApiResult<void> check_place(const Kind& kind, const RequestInfo& info, codec::Json& object);
// The namespace alone: a new object may get its name later.
ApiResult<void> check_namespace(const Kind& kind, std::string_view requested, codec::Json& object);

}  // namespace signet::machinery
