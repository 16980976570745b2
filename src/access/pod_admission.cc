#include "access/pod_admission.h"

#include <algorithm>

#include "base/cat.h"
#include "codec/json.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonArray;
using machinery::AdmissionRequest;
using machinery::ApiResult;
using machinery::quoted;

constexpr std::string_view preempts_lower = "PreemptLowerPriority";

struct PriorityClass {
  std::string_view name;
  std::int64_t value;
};
constexpr PriorityClass priority_classes[] = {
    {"", 0},
    {"system-cluster-critical", 2'000'000'000},
    {"system-node-critical", 2'000'001'000},
};

bool is_changed_pod(const AdmissionRequest& request) {
  return request.operation == machinery::Operation::update && request.kind == &kinds::pod &&
         request.subresource.empty();
}

void keep(codec::JsonObject& spec, const codec::JsonObject& old, std::string_view name) {
  const auto* before = old.if_contains(name);
  if (before == nullptr) return;
  if (auto& now = spec[name]; now.is_null()) now = *before;
}

bool tolerates(const JsonArray& tolerations, std::string_view taint) {
  return std::ranges::any_of(tolerations, [&](const Json& toleration) {
    const auto key = codec::string_at(toleration, "key");
    const auto effect = codec::string_at(toleration, "effect");
    return (key.empty() || key == taint) && (effect.empty() || effect == "NoExecute");
  });
}

}  // namespace

ApiResult<void> admit_priority(const AdmissionRequest& request,
                               const AdmissionContext& /*context*/) {
  if (is_changed_pod(request)) {
    auto& spec = codec::make_object_at(*request.object, "spec");
    const auto& old = codec::object_at(*request.old_object, "spec");
    keep(spec, old, "priority");
    keep(spec, old, "preemptionPolicy");
    return {};
  }
  if (!is_new_pod(request)) return {};
  auto& pod = *request.object;
  const std::string name(codec::string_at(pod, "spec.priorityClassName"));
  const auto* found = std::ranges::find(priority_classes, name, &PriorityClass::name);
  if (found == std::ranges::end(priority_classes)) {
    return deny(request, cat("no PriorityClass with name ", name, " was found"));
  }
  constexpr std::string_view computed =
      "must not be provided in pod spec; priority admission controller computed ";
  constexpr std::string_view from = " from the given PriorityClass name";
  if (const auto given = codec::int_at(pod, "spec.priority"); given && *given != found->value) {
    return deny(request,
                cat("the integer value of priority (", *given, ") ", computed, found->value, from));
  }
  if (const auto given = codec::string_at(pod, "spec.preemptionPolicy");
      !given.empty() && given != preempts_lower) {
    return deny(request, cat("the string value of PreemptionPolicy (", given, ") ", computed,
                             preempts_lower, from));
  }
  auto& spec = codec::make_object_at(pod, "spec");
  spec["priority"] = found->value;
  spec["preemptionPolicy"] = preempts_lower;
  return {};
}

ApiResult<void> add_tolerations(const AdmissionRequest& request,
                                const AdmissionContext& /*context*/) {
  if (!is_new_pod(request) && !is_changed_pod(request)) return {};
  Json& tolerations = codec::make_object_at(*request.object, "spec")["tolerations"];
  if (!tolerations.is_array()) tolerations = JsonArray{};
  auto& list = tolerations.as_array();
  for (const auto* taint : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    if (tolerates(list, taint)) continue;
    list.push_back({{"key", taint},
                    {"operator", "Exists"},
                    {"effect", "NoExecute"},
                    {"tolerationSeconds", 300}});
  }
  return {};
}

ApiResult<void> admit_runtime_class(const AdmissionRequest& request,
                                    const AdmissionContext& /*context*/) {
  if (!is_new_pod(request)) return {};
  const auto* named = codec::find(*request.object, "spec.runtimeClassName");
  if (named == nullptr || !named->is_string()) return {};
  const auto name = codec::string_at(*request.object, "spec.runtimeClassName");
  return deny(request, cat("pod rejected: RuntimeClass ", quoted(name), " not found"));
}

ApiResult<void> check_overhead(const AdmissionRequest& request,
                               const AdmissionContext& /*context*/) {
  if (!is_new_pod(request) || codec::object_at(*request.object, "spec.overhead").empty()) return {};
  return deny(request,
              "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
}

}  // namespace signet::access
