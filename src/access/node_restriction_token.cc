#include <algorithm>

#include "access/node_restriction_rules.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using codec::Json;
using machinery::AdmissionRequest;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::quoted;

// The numbers are those of tokens.md 2.9.
ApiResult<const machinery::Object*> find_bound_pod(const AdmissionRequest& request,
                                                   const machinery::Snapshot& snapshot) {
  const auto refused = [&](std::string_view why) {
    return std::unexpected(deny(request, why).error());
  };
  const auto& object = *request.object;
  const auto name = codec::string_at(object, "spec.boundObjectRef.name");
  const auto uid = codec::string_at(object, "spec.boundObjectRef.uid");
  if (codec::string_at(object, "spec.boundObjectRef.kind") != "Pod" ||
      codec::string_at(object, "spec.boundObjectRef.apiVersion") != "v1" || name.empty()) {
    return refused("node requested token not bound to a pod");  // 1
  }
  if (uid.empty()) {
    return refused("node requested token with a pod binding without a uid");  // 2
  }
  const auto* pod = snapshot.find(kinds::pod, cat(request.namespace_name, '/', name));
  if (pod == nullptr) return refuse(ApiError::not_found({"", "pods"}, name));
  if (pod->uid() != uid) {  // 3
    return refused(cat("the UID in the bound object reference (", uid,
                       ") does not match the UID in record. The object might have been deleted "
                       "and then recreated"));
  }
  return pod;
}

// Whether a projected token source of the pod asks for exactly this audience.
bool projects(const Json& pod, std::string_view audience) {
  return std::ranges::any_of(codec::array_at(pod, "spec.volumes"), [&](const Json& volume) {
    return std::ranges::any_of(
        codec::array_at(volume, "projected.sources"), [&](const Json& source) {
          const auto* token = codec::find(source, "serviceAccountToken");
          return token != nullptr && codec::string_at(*token, "audience") == audience;
        });
  });
}

bool may_request(const AdmissionRequest& request, std::string_view audience,
                 const AdmissionContext& context) {
  machinery::RequestInfo asked;
  asked.is_resource = true;
  asked.verb = "request-serviceaccounts-token-audience";
  asked.version = "v1";
  asked.namespace_name = request.namespace_name;
  asked.resource = audience;
  asked.name = request.name;
  return context.authorizer.authorize(*request.user, asked, context.snapshot()).allowed;
}

}  // namespace

ApiResult<void> restrict_node_token(const AdmissionRequest& request, std::string_view node,
                                    const AdmissionContext& context) {
  TRY(const auto* pod, find_bound_pod(request, context.snapshot()));
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  if (pod->field(node_field) != node) {  // 4
    return deny(request, "node requested token bound to a pod scheduled on a different node");
  }
  const auto& audiences = codec::array_at(*request.object, "spec.audiences");
  if (audiences.size() > 1) return deny(request, "node may only request 0 or 1 audiences");  // 5
  const auto* only = audiences.empty() ? nullptr : audiences[0].if_string();
  const auto audience = only == nullptr ? std::string_view() : std::string_view(*only);
  if (projects(pod->parse(), audience) || may_request(request, audience, context)) return {};
  return deny(request, cat("audience ", quoted(audience), " not found in pod spec volume, ",
                           request.user->username,
                           " is not authorized to request tokens for this audience"));
}

}  // namespace signet::access
