#include "control/lost_pods.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "codec/rfc3339.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiResult;

constexpr std::chrono::seconds patience{40};

std::string_view node_of(const machinery::Object& pod) {
  static const auto node_field = *kinds::pod.field_index("spec.nodeName");
  return pod.field(node_field);
}

void set_disrupted(Json& pod, std::string_view now) {
  auto& status = codec::make_object_at(pod, "status");
  status["phase"] = "Failed";
  auto& conditions = status["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  auto& entries = conditions.get_array();
  const auto old = std::ranges::find_if(
      entries, [](const Json& one) { return codec::string_at(one, "type") == "DisruptionTarget"; });
  if (old != entries.end()) entries.erase(old);
  entries.push_back(JsonObject{{"type", "DisruptionTarget"},
                               {"status", "True"},
                               {"lastTransitionTime", now},
                               {"reason", "DeletionByPodGC"},
                               {"message", "PodGC: node no longer exists"}});
}

}  // namespace

LostPods::LostPods(machinery::Api& api)
    : api_(api),
      alarm_(api.parts().loop, api.parts().clock, [this] { look(); }),
      queue_(api.parts().loop, "lost pods",
             [this](std::string key) { return reconcile(std::move(key)); }) {}

void LostPods::start() {
  api_.snapshot().for_each(kinds::pod, "", "", [this](const machinery::ObjectPtr& pod) {
    suspect(*pod);
    return true;
  });
  look();
}

void LostPods::tell(const machinery::Change& change) {
  const auto& object = *change.object;
  const auto& kind = object.kind();
  if (&kind == &kinds::node && change.type == machinery::ChangeType::deleted) {
    missing_.try_emplace(std::string(object.name()), api_.parts().clock.now());
    look();
  } else if (&kind == &kinds::pod && change.type != machinery::ChangeType::deleted) {
    const auto known = missing_.size();
    suspect(object);
    if (missing_.size() != known) look();
  }
}

void LostPods::stop() {
  alarm_.stop();
  queue_.stop();
}

void LostPods::suspect(const machinery::Object& pod) {
  const auto node = node_of(pod);
  if (node.empty() || api_.snapshot().find(kinds::node, node) != nullptr) return;
  if (missing_.contains(node)) return;
  missing_.emplace(node, api_.parts().clock.now());
}

// Acts on those whose time has come, and comes back for the next.
void LostPods::look() {
  const auto now = api_.parts().clock.now();
  std::optional<Instant> next;
  for (auto at = missing_.begin(); at != missing_.end();) {
    const bool back = api_.snapshot().find(kinds::node, at->first) != nullptr;
    const auto due = at->second + patience;
    if (!back && due > now) {
      next = next ? std::min(*next, due) : due;
      ++at;
      continue;
    }
    if (!back) collect(at->first);
    at = missing_.erase(at);
  }
  if (!next) return alarm_.clear();
  alarm_.set(*next);
}

void LostPods::collect(std::string_view node) {
  api_.snapshot().for_each(kinds::pod, "", "", [&](const machinery::ObjectPtr& pod) {
    if (node_of(*pod) == node) queue_.add(std::string(pod->key()));
    return true;
  });
}

Task<ApiResult<void>> LostPods::reconcile(std::string key) {
  const auto pod = api_.snapshot().find_shared(kinds::pod, key);
  if (pod == nullptr || node_of(*pod).empty() ||
      api_.snapshot().find(kinds::node, node_of(*pod)) != nullptr) {
    co_return ApiResult<void>{};
  }
  const auto now = codec::to_rfc3339(whole_seconds(api_.parts().clock.now()));
  const auto marked = co_await api_.amend(
      kinds::pod, key, [&now, uid = pod->uid()](const Json& current) -> ApiResult<Json> {
        const auto phase = codec::string_at(current, "status.phase");
        if (codec::string_at(current, "metadata.uid") != uid || phase == "Failed" ||
            phase == "Succeeded") {
          return current;
        }
        auto wanted = current;
        set_disrupted(wanted, now);
        return wanted;
      });
  if (!marked && marked.error().code == 404) co_return ApiResult<void>{};
  if (!marked) co_return machinery::refuse(marked.error());
  const auto removed = co_await api_.remove(
      kinds::pod, key,
      {.grace_seconds = 0, .propagation = {}, .precondition_uid = std::string(pod->uid())});
  if (!removed && removed.error().code != 404 && removed.error().code != 409) {
    co_return machinery::refuse(removed.error());
  }
  co_return ApiResult<void>{};
}

}  // namespace signet::control
