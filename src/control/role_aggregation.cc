#include "control/role_aggregation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "kinds/kinds.h"
#include "kinds/label_selector_rules.h"
#include "machinery/selector.h"

namespace signet::control {
namespace {

using codec::Json;
using kinds::CompiledRole;
using kinds::PolicyRule;
using machinery::ApiResult;
using machinery::Object;
using machinery::Snapshot;

struct ByValue {
  bool operator()(const PolicyRule* a, const PolicyRule* b) const { return *a < *b; }
};

// The roles that selectors match, the first one last.
std::vector<const Object*> selected(const Snapshot& snapshot, std::string_view name,
                                    const Json& aggregation_rule) {
  std::vector<const Object*> out;
  for (const Json& json : codec::array_at(aggregation_rule, "clusterRoleSelectors")) {
    const auto selector = machinery::LabelSelector::parse(kinds::label_selector_text(json));
    if (!selector) {
      log::warn("a ClusterRole collects nothing by one of its selectors",
                {{"name", name}, {"reason", selector.error().message}});
      continue;
    }
    snapshot.for_each(kinds::cluster_role, "", "", [&](const machinery::ObjectPtr& role) {
      if (selector->matches(role->labels())) out.push_back(role.get());
      return true;
    });
  }
  std::ranges::reverse(out);
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

std::vector<PolicyRule> collected_rules(const Snapshot& snapshot, std::string_view name,
                                        const Json& aggregation_rule) {
  std::vector<PolicyRule> out;
  std::set<const PolicyRule*, ByValue> there;
  std::set<std::string_view> seen{name};
  auto waiting = selected(snapshot, name, aggregation_rule);  // the next one is the last
  while (!waiting.empty()) {
    const Object& role = *waiting.back();
    waiting.pop_back();
    if (!seen.insert(role.name()).second) continue;
    if (role.compiled<CompiledRole>()->aggregates) {
      const auto collector = role.parse();
      const auto more = selected(snapshot, role.name(), *codec::find(collector, "aggregationRule"));
      waiting.insert(waiting.end(), more.begin(), more.end());
      continue;
    }
    for (const auto& rule : role.compiled<CompiledRole>()->rules) {
      if (there.insert(&rule).second) out.push_back(rule);
    }
  }
  return out;
}

}  // namespace signet::control
