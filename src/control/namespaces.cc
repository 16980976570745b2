#include "control/namespaces.h"

#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/side_by_side.h"
#include "base/try.h"
#include "control/namespace_conditions.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiResult;
using machinery::Kind;

// Those share commits; whoever writes meanwhile waits for no more than these.
constexpr std::size_t removed_at_once = 128;
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

// The finalizer that stands for this controller; others have their own reasons.
void release(Json& ns) {
  auto& finalizers = codec::make_object_at(ns, "spec")["finalizers"];
  codec::JsonArray kept;
  if (const auto* old = finalizers.if_array()) {
    for (const auto& finalizer : *old) {
      if (finalizer != Json("kubernetes")) kept.push_back(finalizer);
    }
  }
  finalizers = std::move(kept);
}

}  // namespace

Namespaces::Namespaces(machinery::Api& api, std::string ca_pem)
    : api_(api),
      ca_pem_(std::move(ca_pem)),
      queue_(api.parts().loop, "namespaces",
             [this](std::string name) { return reconcile(std::move(name)); }) {}

Task<ApiResult<void>> Namespaces::start() {
  std::optional<machinery::ApiError> refused;
  co_await side_by_side(
      std::size(permanent), std::size(permanent),
      [this, &refused](std::size_t i) { return furnish_permanent(permanent[i], &refused); });
  if (refused) co_return machinery::refuse(*std::move(refused));
  api_.snapshot().for_each(kinds::namespace_kind, "", "",
                           [this](const machinery::ObjectPtr& object) {
                             queue_.add(std::string(object->name()));
                             return true;
                           });
  find_strays();
  co_return ApiResult<void>{};
}

Task<bool> Namespaces::furnish_permanent(std::string_view name,
                                         std::optional<machinery::ApiError>* refused) {
  auto done = co_await reconcile(std::string(name));
  if (!done) *refused = std::move(done.error());
  co_return done.has_value();
}

void Namespaces::tell(const machinery::Change& change) {
  const auto& object = *change.object;
  const auto& kind = object.kind();
  if (&kind == &kinds::namespace_kind) return queue_.add(std::string(object.name()));
  if (!kind.namespaced()) return;
  const bool furniture = (&kind == &kinds::service_account && object.name() == "default") ||
                         (&kind == &kinds::config_map && object.name() == ca_config_map);
  const auto* ns = api_.snapshot().find(kinds::namespace_kind, object.namespace_name());
  // Also what is made meanwhile: a write that was let in before the namespace was deleted.
  const bool emptying = ns != nullptr && ns->deleted_at().has_value();
  const bool stray = ns == nullptr && change.type != machinery::ChangeType::deleted;
  if (furniture || emptying || stray) {
    queue_.add(std::string(object.namespace_name()));
  }
}

Task<ApiResult<void>> Namespaces::reconcile(std::string name) {
  const auto* found = api_.snapshot().find(kinds::namespace_kind, name);
  if (found != nullptr && found->deleted_at()) co_return co_await empty(std::move(name));
  if (found == nullptr) {
    bool wanted = false;
    for (const auto known : permanent) wanted |= known == name;
    if (!wanted) co_return co_await sweep(std::move(name));
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

Task<bool> Namespaces::remove_one(const Kind* kind, std::string key, NamespaceRemains* remains) {
  const auto* object = api_.snapshot().find(*kind, key);
  // What runs is told once, and ends in its own time.
  if (object == nullptr || (kind->deletion_grace != nullptr && object->deleted_at())) {
    co_return true;
  }
  const auto removed = co_await api_.remove(
      *kind, std::move(key), {.grace_seconds = std::nullopt, .propagation = "Background"});
  if (!removed && !settled(removed.error())) {
    remains->failures.push_back(removed.error().message);
  }
  co_return true;  // the others are tried all the same
}

// Deletes every object of `kind` in the namespace and counts what stays.
// A kind is a constant of the program and outlives every coroutine.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<ApiResult<void>> Namespaces::remove_all(const Kind& kind, std::string name,
                                             NamespaceRemains* remains) {
  const auto keys = keys_in(api_.snapshot(), kind, name);
  co_await side_by_side(keys.size(), removed_at_once,
                        [&](std::size_t i) { return remove_one(&kind, keys[i], remains); });
  std::uint64_t left = 0;
  const auto prefix = cat(name, '/');
  api_.snapshot().for_each(kind, prefix, prefix, [&](const machinery::ObjectPtr& object) {
    ++left;
    // A look at the bytes spares most objects the parser.
    if (!object->json().contains("\"finalizers\"")) return true;
    for (const auto& finalizer : codec::array_at(object->parse(), "metadata.finalizers")) {
      if (const auto* text = finalizer.if_string()) ++remains->finalizers[std::string(*text)];
    }
    return true;
  });
  if (left > 0) remains->resources[cat(kind.plural, '.', kind.group)] = left;
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> Namespaces::remove_contents(std::string name, NamespaceRemains* remains) {
  // Pods first: what they use goes when they are gone.
  CO_TRY_VOID(co_await remove_all(kinds::pod, name, remains));
  if (!remains->none()) co_return ApiResult<void>{};
  for (const auto* kind : api_.parts().registry.kinds()) {
    if (!kind->keeps_objects() || !kind->namespaced()) continue;
    CO_TRY_VOID(co_await remove_all(*kind, name, remains));
  }
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> Namespaces::empty(std::string name) {
  NamespaceRemains remains;
  CO_TRY_VOID(co_await remove_contents(name, &remains));
  const auto now = api_.parts().clock.now();
  const auto told = co_await api_.amend(
      kinds::namespace_kind, name, [&remains, now](const Json& current) -> ApiResult<Json> {
        // Another of that name may have come meanwhile.
        if (codec::string_at(current, "metadata.deletionTimestamp").empty()) return current;
        auto wanted = current;
        set_deletion_conditions(wanted, remains, now);
        if (remains.none()) release(wanted);
        return wanted;
      });
  if (!told) {
    if (settled(told.error())) co_return ApiResult<void>{};
    co_return machinery::refuse(told.error());
  }
  if (!remains.failures.empty()) {
    co_return machinery::refuse(machinery::ApiError::plain_internal(remains.failures.front()));
  }
  // What is left is told when it changes.
  if (!remains.none() || !(*told)->deleted_at()) co_return ApiResult<void>{};
  const auto removed = co_await api_.remove(kinds::namespace_kind, name,
                                            {.grace_seconds = std::nullopt,
                                             .propagation = {},
                                             .precondition_uid = std::string((*told)->uid())});
  if (!removed && !settled(removed.error()) && removed.error().code != 409) {
    co_return machinery::refuse(removed.error());
  }
  co_return ApiResult<void>{};
}

// Objects whose namespace is not there: a write that was let in while the namespace still was may
// be committed after it went.
Task<ApiResult<void>> Namespaces::sweep(std::string name) {
  NamespaceRemains remains;
  CO_TRY_VOID(co_await remove_contents(std::move(name), &remains));
  if (remains.failures.empty()) co_return ApiResult<void>{};
  co_return machinery::refuse(machinery::ApiError::plain_internal(remains.failures.front()));
}

void Namespaces::find_strays() {
  const auto snapshot = api_.shared_snapshot();
  for (const auto* kind : api_.parts().registry.kinds()) {
    if (!kind->keeps_objects() || !kind->namespaced()) continue;
    const auto& all = snapshot->objects(*kind);
    for (auto at = all.lower_bound(""); at != all.end();) {
      const std::string name((*at)->namespace_name());
      if (snapshot->find(kinds::namespace_kind, name) == nullptr) queue_.add(name);
      // The next namespace: '0' follows '/'.
      at = all.lower_bound(cat(name, '0'));
    }
  }
}

}  // namespace signet::control
