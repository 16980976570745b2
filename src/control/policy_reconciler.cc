#include "control/policy_reconciler.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "access/rule.h"
#include "base/cat.h"
#include "base/side_by_side.h"
#include "base/try.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

using access::BootstrapObject;
using codec::Json;
using codec::JsonObject;
using kinds::PolicyRule;
using machinery::Api;
using machinery::ApiError;
using machinery::ApiResult;

std::string key_of(const BootstrapObject& object) {
  const auto name = codec::string_at(object.json, "metadata.name");
  if (!object.kind->namespaced()) return std::string(name);
  return cat(codec::string_at(object.json, "metadata.namespace"), '/', name);
}

bool is_left_alone(const Json& object) {
  const auto& annotations = codec::object_at(object, "metadata.annotations");
  const auto* value = annotations.if_contains(access::auto_update_annotation);
  return value != nullptr && *value == "false";
}

void add_members(Json& object, const Json& wanted, std::string_view path) {
  for (const auto& member : codec::object_at(wanted, path)) {
    codec::make_object_at(object, path).emplace(member.key(), member.value());
  }
}

void add_elements(JsonObject& object, const Json& wanted, std::string_view name) {
  const auto& wanted_elements = codec::array_at(wanted, name);
  if (wanted_elements.empty()) return;
  auto& elements = object[name];
  if (!elements.is_array()) elements.emplace_array();
  for (const auto& element : wanted_elements) {
    auto& array = elements.get_array();
    if (std::ranges::find(array, element) == array.end()) array.push_back(element);
  }
}

void add_rules(Json& role, const Json& wanted) {
  auto rules = kinds::policy_rules(role);
  std::vector<PolicyRule> missing;
  for (const auto& rule : kinds::policy_rules(wanted)) {
    for (auto& atom : access::atoms_of(rule)) {
      const bool held = std::ranges::any_of(
          rules, [&](const auto& one) { return access::covers_atom(one, atom); });
      if (!held) missing.push_back(std::move(atom));
    }
  }
  if (missing.empty()) return;
  for (auto& rule : access::merged_by_verb(missing)) rules.push_back(std::move(rule));
  role.as_object()["rules"] = kinds::to_json(rules);
}

bool binds_another_role(const Json& current, const Json& wanted) {
  const auto* now = codec::find(current, "roleRef");
  const auto* then = codec::find(wanted, "roleRef");
  return then != nullptr && (now == nullptr || *now != *then);
}

bool is_there_already(const ApiError& error) {
  return error.reason == "AlreadyExists";
}

Task<ApiResult<void>> put(Api* api, const BootstrapObject* object) {
  const auto& kind = *object->kind;
  auto key = key_of(*object);
  const auto current = api->snapshot().find_shared(kind, key);
  if (current != nullptr) {
    const auto json = current->parse();
    if (is_left_alone(json)) co_return ApiResult<void>{};
    if (!binds_another_role(json, object->json)) {
      CO_TRY_VOID(
          co_await api->amend(kind, std::move(key), [object](const Json& now) -> ApiResult<Json> {
            return is_left_alone(now) ? now : with_missing(*object->kind, now, object->json);
          }));
      co_return ApiResult<void>{};
    }
    CO_TRY_VOID(co_await api->remove(kind, std::move(key), {}));
  }
  const auto made = co_await api->create(kind, object->json);
  if (!made && !is_there_already(made.error())) co_return machinery::refuse(made.error());
  co_return ApiResult<void>{};
}

Task<bool> put_or_say(Api* api, const BootstrapObject* object, std::optional<ApiError>* refused) {
  auto done = co_await put(api, object);
  if (!done) *refused = std::move(done.error());
  co_return done.has_value();
}

}  // namespace

Json with_missing(const machinery::Kind& kind, const Json& current, const Json& wanted) {
  auto out = current;
  add_members(out, wanted, "metadata.labels");
  add_members(out, wanted, "metadata.annotations");
  if (&kind == &kinds::role_binding || &kind == &kinds::cluster_role_binding) {
    add_elements(out.as_object(), wanted, "subjects");
    return out;
  }
  add_rules(out, wanted);
  const auto* aggregation = codec::find(wanted, "aggregationRule");
  if (aggregation != nullptr) {
    add_elements(codec::make_object_at(out, "aggregationRule"), *aggregation,
                 "clusterRoleSelectors");
  }
  return out;
}

Task<ApiResult<void>> reconcile_policy(Api* api) {
  const auto objects = access::bootstrap_policy();
  std::optional<ApiError> refused;
  const auto put_one = [&](std::size_t i) { return put_or_say(api, &objects[i], &refused); };
  // All at once, so that a first start waits for one commit.
  co_await side_by_side(objects.size(), objects.size(), put_one);
  if (refused) co_return machinery::refuse(*std::move(refused));
  co_return ApiResult<void>{};
}

}  // namespace signet::control
