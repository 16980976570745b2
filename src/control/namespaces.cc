#include "control/namespaces.h"

#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiResult;
using machinery::Kind;

constexpr std::string_view permanent[] = {"default", "kube-node-lease", "kube-public",
                                          "kube-system"};
constexpr std::string_view ca_config_map = "kube-root-ca.crt";
constexpr std::string_view description_key = "kubernetes.io/description";
constexpr std::string_view description =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

// Somebody else made it, or nobody may any more: both are fine here.
bool settled(const machinery::ApiError& error) {
  return error.reason == "AlreadyExists" || error.reason == "NotFound" ||
         (error.details && !error.details->causes.empty() &&
          error.details->causes.front().reason == "NamespaceTerminating");
}

JsonObject metadata(std::string_view name, std::string_view ns) {
  JsonObject out{{"name", name}};
  if (!ns.empty()) out["namespace"] = ns;
  return out;
}

void furnish_config_map(Json& object, const std::string& ca_pem) {
  object.as_object()["data"] = JsonObject{{"ca.crt", ca_pem}};
  codec::make_object_at(object, "metadata.annotations")[description_key] = description;
}

std::vector<std::string> keys_in(const machinery::Snapshot& snapshot, const Kind& kind,
                                 std::string_view ns) {
  std::vector<std::string> keys;
  const auto prefix = cat(ns, '/');
  snapshot.for_each(kind, prefix, prefix, [&](const machinery::ObjectPtr& object) {
    keys.emplace_back(object->key());
    return true;
  });
  return keys;
}

}  // namespace

Namespaces::Namespaces(machinery::Api& api, std::string ca_pem)
    : api_(api),
      ca_pem_(std::move(ca_pem)),
      queue_(api.parts().loop, "namespaces",
             [this](std::string name) { return reconcile(std::move(name)); }) {}

Task<ApiResult<void>> Namespaces::start() {
  for (const auto name : permanent) {
    CO_TRY_VOID(co_await reconcile(std::string(name)));
  }
  api_.snapshot().for_each(kinds::namespace_kind, "", "",
                           [this](const machinery::ObjectPtr& object) {
                             queue_.add(std::string(object->name()));
                             return true;
                           });
  co_return ApiResult<void>{};
}

void Namespaces::tell(const machinery::Change& change) {
  const auto& object = *change.object;
  const auto& kind = object.kind();
  if (&kind == &kinds::namespace_kind) return queue_.add(std::string(object.name()));
  if (!kind.namespaced()) return;
  const bool furniture = (&kind == &kinds::service_account && object.name() == "default") ||
                         (&kind == &kinds::config_map && object.name() == ca_config_map);
  const auto* ns = api_.snapshot().find(kinds::namespace_kind, object.namespace_name());
  const bool emptying = ns != nullptr && ns->deleted_at().has_value();
  if (furniture || (emptying && change.type == machinery::ChangeType::deleted)) {
    queue_.add(std::string(object.namespace_name()));
  }
}

Task<ApiResult<void>> Namespaces::reconcile(std::string name) {
  const auto* found = api_.snapshot().find(kinds::namespace_kind, name);
  if (found != nullptr && found->deleted_at()) co_return co_await empty(std::move(name));
  if (found == nullptr) {
    bool wanted = false;
    for (const auto known : permanent) wanted |= known == name;
    if (!wanted) co_return ApiResult<void>{};
    Json object = JsonObject{{"metadata", metadata(name, "")}};
    const auto made = co_await api_.create(kinds::namespace_kind, std::move(object));
    if (!made && !settled(made.error())) co_return machinery::refuse(made.error());
  }
  co_return co_await furnish(std::move(name));
}

Task<ApiResult<void>> Namespaces::furnish(std::string name) {
  if (api_.snapshot().find(kinds::service_account, cat(name, "/default")) == nullptr) {
    Json account = JsonObject{{"metadata", metadata("default", name)}};
    const auto made = co_await api_.create(kinds::service_account, std::move(account));
    if (!made && !settled(made.error())) co_return machinery::refuse(made.error());
  }
  co_return co_await publish_ca(std::move(name));
}

Task<ApiResult<void>> Namespaces::publish_ca(std::string name) {
  const auto key = cat(name, '/', ca_config_map);
  const auto existing = api_.snapshot().find_shared(kinds::config_map, key);
  if (existing == nullptr) {
    Json object = JsonObject{{"metadata", metadata(ca_config_map, name)}};
    furnish_config_map(object, ca_pem_);
    const auto made = co_await api_.create(kinds::config_map, std::move(object));
    if (!made && !settled(made.error())) co_return machinery::refuse(made.error());
    co_return ApiResult<void>{};
  }
  const auto done =
      co_await api_.amend(kinds::config_map, key, [this](const Json& current) -> ApiResult<Json> {
        auto wanted = current;
        furnish_config_map(wanted, ca_pem_);
        return wanted;
      });
  if (!done && !settled(done.error())) co_return machinery::refuse(done.error());
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> Namespaces::empty(std::string name) {
  // Pods first: what they use goes when they are gone.
  const auto pods = keys_in(api_.snapshot(), kinds::pod, name);
  for (const auto& key : pods) {
    const auto* pod = api_.snapshot().find(kinds::pod, key);
    if (pod == nullptr || pod->deleted_at()) continue;
    const auto removed = co_await api_.remove(kinds::pod, key, {});
    if (!removed && !settled(removed.error())) co_return machinery::refuse(removed.error());
  }
  if (!keys_in(api_.snapshot(), kinds::pod, name).empty()) co_return ApiResult<void>{};
  bool left = false;
  for (const auto* kind : api_.parts().registry.kinds()) {
    if (!kind->stored || !kind->namespaced()) continue;
    for (const auto& key : keys_in(api_.snapshot(), *kind, name)) {
      const auto removed = co_await api_.remove(*kind, key, {});
      if (!removed && !settled(removed.error())) co_return machinery::refuse(removed.error());
    }
    left |= !keys_in(api_.snapshot(), *kind, name).empty();
  }
  if (left) co_return ApiResult<void>{};  // finalizers: their removal is told as a deletion
  const auto released =
      co_await api_.amend(kinds::namespace_kind, name, [](const Json& current) -> ApiResult<Json> {
        auto wanted = current;
        codec::make_object_at(wanted, "spec").erase("finalizers");
        return wanted;
      });
  if (!released && !settled(released.error())) co_return machinery::refuse(released.error());
  const auto removed = co_await api_.remove(kinds::namespace_kind, name, {});
  if (!removed && !settled(removed.error())) co_return machinery::refuse(removed.error());
  co_return ApiResult<void>{};
}

}  // namespace signet::control
