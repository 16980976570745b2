#include "base/cat.h"
#include "machinery/normalise_scalar.h"
#include "machinery/patch.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonObject;

// RFC 7386 s2. As deep as the patch, which was parsed with a limit.
void merge(Json& target, const Json& patch) {
  const JsonObject* members = patch.if_object();
  if (members == nullptr) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = JsonObject();
  JsonObject& object = target.get_object();
  for (const auto& member : *members) {
    if (member.value().is_null()) {
      object.erase(member.key());
    } else {
      merge(object[member.key()], member.value());
    }
  }
}

}  // namespace

ApiResult<Json> apply_merge_patch(const Json& object, const Json& patch) {
  if (patch.is_null()) return refuse(ApiError::bad_request("Invalid JSON Patch"));
  if (!patch.is_object()) {
    return refuse(ApiError::bad_request(cat("error decoding patch: json: cannot unmarshal ",
                                            json_type_name(patch),
                                            " into Go value of type map[string]interface {}")));
  }
  Json result = object;
  merge(result, patch);
  return result;
}

}  // namespace signet::machinery
