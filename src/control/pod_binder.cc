#include "control/pod_binder.h"

#include <utility>

#include "base/cat.h"
#include "codec/rfc3339.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using machinery::ApiError;
using machinery::ApiResult;

bool waits(const machinery::Object& pod) {
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  static const auto scheduler_field = *kinds::pod.field_index("spec.schedulerName");
  // A pod may ask for a scheduler of its own.
  return pod.field(node_field).empty() && !pod.deleted_at() &&
         pod.field(scheduler_field) == "default-scheduler";
}

}  // namespace

Task<ApiResult<machinery::ObjectPtr>> bind_pod(machinery::Api* api, std::string key,
                                               std::string node) {
  const auto now = codec::to_rfc3339(whole_seconds(api->parts().clock.now()));
  co_return co_await api->amend(
      kinds::pod, key, [key, node, now](const Json& current) -> ApiResult<Json> {
        const auto bound = codec::string_at(current, "spec.nodeName");
        if (!bound.empty()) {
          const auto name = codec::string_at(current, "metadata.name");
          return machinery::refuse(ApiError::conflict(
              {"", "pods/binding"}, name,
              cat("pod ", name, " is already assigned to node ", machinery::quoted(bound))));
        }
        auto wanted = current;
        codec::make_object_at(wanted, "spec")["nodeName"] = node;
        auto& conditions = codec::make_object_at(wanted, "status")["conditions"];
        if (!conditions.is_array()) conditions = JsonArray{};
        conditions.as_array().push_back(
            JsonObject{{"type", "PodScheduled"}, {"status", "True"}, {"lastTransitionTime", now}});
        return wanted;
      });
}

PodBinder::PodBinder(machinery::Api& api)
    : api_(api), queue_(api.parts().loop, "pods to bind", [this](std::string key) {
        return reconcile(std::move(key));
      }) {}

void PodBinder::start() {
  add_waiting();
}

void PodBinder::tell(const machinery::Change& change) {
  const auto& object = *change.object;
  if (&object.kind() == &kinds::node && change.type != machinery::ChangeType::modified) {
    add_waiting();
  } else if (&object.kind() == &kinds::pod && change.type == machinery::ChangeType::added &&
             waits(object)) {
    queue_.add(std::string(object.key()));
  }
}

void PodBinder::add_waiting() {
  api_.snapshot().for_each(kinds::pod, "", "", [this](const machinery::ObjectPtr& pod) {
    if (waits(*pod)) queue_.add(std::string(pod->key()));
    return true;
  });
}

Task<ApiResult<void>> PodBinder::reconcile(std::string key) {
  const auto& snapshot = api_.snapshot();
  const auto& nodes = snapshot.objects(kinds::node);
  const auto* pod = snapshot.find(kinds::pod, key);
  if (pod == nullptr || !waits(*pod) || nodes.size() != 1) co_return ApiResult<void>{};
  std::string node((*nodes.lower_bound(""))->name());
  const auto bound = co_await bind_pod(&api_, std::move(key), std::move(node));
  if (!bound && bound.error().code != 404 && bound.error().code != 409) {
    co_return machinery::refuse(bound.error());
  }
  co_return ApiResult<void>{};
}

}  // namespace signet::control
