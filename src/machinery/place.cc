#include "machinery/place.h"

#include "base/cat.h"
#include "base/try.h"

namespace signet::machinery {

ApiResult<void> check_place(const Kind& kind, const RequestInfo& info, codec::Json& object) {
  TRY_VOID(check_namespace(kind, info.namespace_name, object));
  const auto name = codec::string_at(object, "metadata.name");
  if (name.empty()) {
    return refuse(
        ApiError::bad_request(cat("the name of the object (", info.name,
                                  " based on URL) was undeterminable: name must be provided")));
  }
  if (name != info.name) {
    return refuse(
        ApiError::bad_request(cat("the name of the object (", name,
                                  ") does not match the name on the URL (", info.name, ")")));
  }
  return {};
}

ApiResult<void> check_namespace(const Kind& kind, std::string_view requested, codec::Json& object) {
  auto& metadata = codec::make_object_at(object, "metadata");
  if (!kind.namespaced()) {
    metadata.erase("namespace");
    return {};
  }
  const auto given = codec::string_at(object, "metadata.namespace");
  if (!given.empty() && given != requested) {
    return refuse(ApiError::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"));
  }
  metadata["namespace"] = requested;
  return {};
}

}  // namespace signet::machinery
