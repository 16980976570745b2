#include "control/role_aggregation.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "kinds/kinds.h"
#include "machinery/selector.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::string_at;
using kinds::CompiledRole;
using kinds::PolicyRule;
using machinery::ApiResult;

void append_requirement(std::string& out, const Json& requirement) {
  const auto key = string_at(requirement, "key");
  const auto op = string_at(requirement, "operator");
  append(out, out.empty() ? "" : ",");
  if (op == "Exists") return append(out, key);
  if (op == "DoesNotExist") return append(out, '!', key);
  append(out, key, op == "In" ? " in (" : " notin (");
  bool first = true;
  for (const Json& value : codec::array_at(requirement, "values")) {
    append(out, first ? "" : ",", value.is_string() ? std::string_view(value.get_string()) : "");
    first = false;
  }
  out += ')';
}

// A selector that is written as an object, in the words of a query. What it holds was validated.
std::string selector_text(const Json& selector) {
  std::string out;
  for (const auto& label : codec::object_at(selector, "matchLabels")) {
    if (!label.value().is_string()) continue;
    append(out, out.empty() ? "" : ",", std::string_view(label.key()), '=',
           std::string_view(label.value().get_string()));
  }
  for (const Json& requirement : codec::array_at(selector, "matchExpressions")) {
    append_requirement(out, requirement);
  }
  return out;
}

}  // namespace

RoleAggregation::RoleAggregation(machinery::Api& api)
    : api_(api), queue_(api.parts().loop, "role aggregation", [this](std::string name) {
        return reconcile(std::move(name));
      }) {}

void RoleAggregation::start() {
  api_.snapshot().for_each_indexed(kinds::cluster_role, kinds::aggregates_key,
                                   [this](const machinery::Object& role) {
                                     queue_.add(std::string(role.name()));
                                     return true;
                                   });
}

void RoleAggregation::tell(const machinery::Change& change) {
  if (&change.object->kind() == &kinds::cluster_role) start();
}

Task<ApiResult<void>> RoleAggregation::reconcile(std::string name) {
  const auto role = api_.snapshot().find_shared(kinds::cluster_role, name);
  if (role == nullptr || !role->compiled<CompiledRole>()->aggregates) co_return ApiResult<void>{};
  // Computed from what is there when it is written: it may have stopped to collect meanwhile.
  auto done = co_await api_.amend(
      kinds::cluster_role, name, [this, name](const Json& current) -> ApiResult<Json> {
        const auto* aggregation = codec::find(current, "aggregationRule");
        if (aggregation == nullptr || !aggregation->is_object()) return current;
        const auto rules = collected_rules(api_.snapshot(), name, *aggregation);
        if (rules == kinds::policy_rules(current)) return current;
        auto wanted = current;
        wanted.as_object()["rules"] = rules.empty() ? Json(nullptr) : kinds::to_json(rules);
        return wanted;
      });
  if (!done && done.error().code != 404) co_return machinery::refuse(std::move(done.error()));
  co_return ApiResult<void>{};
}

std::vector<PolicyRule> collected_rules(const machinery::Snapshot& snapshot, std::string_view name,
                                        const Json& aggregation_rule) {
  std::vector<PolicyRule> out;
  for (const Json& json : codec::array_at(aggregation_rule, "clusterRoleSelectors")) {
    const auto selector = machinery::LabelSelector::parse(selector_text(json));
    if (!selector) {
      log::warn("a ClusterRole collects nothing by one of its selectors",
                {{"name", name}, {"reason", selector.error().message}});
      continue;
    }
    snapshot.for_each(kinds::cluster_role, "", "", [&](const machinery::ObjectPtr& role) {
      if (role->name() == name || !selector->matches(role->labels())) return true;
      for (const auto& rule : role->compiled<CompiledRole>()->rules) {
        if (std::ranges::find(out, rule) == out.end()) out.push_back(rule);
      }
      return true;
    });
  }
  return out;
}

}  // namespace signet::control
