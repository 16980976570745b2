#include "machinery/place.h"

#include "base/cat.h"

namespace signet::machinery {

ApiResult<void> check_place(const Kind& kind, const RequestInfo& info, codec::Json& object) {
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
  if (!kind.namespaced()) {
    codec::make_object_at(object, "metadata").erase("namespace");
    return {};
  }
  const auto given = codec::string_at(object, "metadata.namespace");
  if (!given.empty() && given != info.namespace_name) {
    return refuse(ApiError::bad_request(cat("the namespace of the object (", given,
                                            ") does not match the namespace on the request (",
                                            info.namespace_name, ")")));
  }
  codec::make_object_at(object, "metadata")["namespace"] = info.namespace_name;
  return {};
}

}  // namespace signet::machinery
