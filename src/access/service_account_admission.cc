#include "access/service_account_admission.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "access/pod_references.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "kinds/kinds.h"
#include "machinery/meta_validation.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using machinery::AdmissionRequest;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::quoted;
using machinery::refuse;

constexpr std::string_view default_account = "default";
constexpr std::string_view enforce_annotation = "kubernetes.io/enforce-mountable-secrets";
constexpr std::string_view token_volume_prefix = "kube-api-access-";
constexpr std::string_view token_mount_path = "/var/run/secrets/kubernetes.io/serviceaccount";
// Asks for the one-year extension; see token/lifetime.h.
constexpr std::int64_t token_seconds = 3607;
constexpr int default_mode = 0644;
constexpr int default_account_attempts = 10;

ApiResult<void> deny(const AdmissionRequest& request, std::string_view why) {
  return refuse(ApiError::forbidden({"", "pods"}, request.name, why));
}

JsonArray* array_of(Json& object, std::string_view path) {
  auto* found = codec::find(object, path);
  return found == nullptr ? nullptr : found->if_array();
}

class Sleep {
 public:
  Sleep(net::Loop& loop, std::chrono::milliseconds delay) : loop_(loop), delay_(delay) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    timer_ = loop_.after(delay_, [awaiter] { awaiter.resume(); });
  }
  void await_resume() const noexcept {}

 private:
  net::Loop& loop_;
  std::chrono::milliseconds delay_;
  net::Loop::TimerHandle timer_{nullptr, [](net::Loop::Timer*) {}};
};

// node.md E.3: a pod that only mirrors what a node runs by itself can hold no secret.
ApiResult<void> check_mirror_pod(const AdmissionRequest& request) {
  const auto& pod = *request.object;
  if (!codec::string_at(pod, "spec.serviceAccountName").empty()) {
    return deny(request, "a mirror pod may not reference service accounts");
  }
  const auto* spec = codec::find(pod, "spec");
  if (spec != nullptr && refers(*spec, Referred::secret)) {
    return deny(request, "a mirror pod may not reference secrets");
  }
  bool tokens = false;
  for (const auto& volume : codec::array_at(pod, "spec.volumes")) {
    for (const auto& source : codec::array_at(volume, "projected.sources")) {
      tokens |= codec::find(source, "serviceAccountToken") != nullptr;
    }
  }
  if (tokens) {
    return deny(request, "a mirror pod may not use ServiceAccountToken volume projections");
  }
  return {};
}

Json token_volume(std::string_view name) {
  return JsonObject{
      {"name", name},
      {"projected",
       JsonObject{
           {"sources",
            JsonArray{
                JsonObject{{"serviceAccountToken",
                            JsonObject{{"expirationSeconds", token_seconds}, {"path", "token"}}}},
                JsonObject{{"configMap",
                            JsonObject{{"name", "kube-root-ca.crt"},
                                       {"items", JsonArray{JsonObject{{"key", "ca.crt"},
                                                                      {"path", "ca.crt"}}}}}}},
                JsonObject{{"downwardAPI",
                            JsonObject{{"items", JsonArray{JsonObject{
                                                     {"path", "namespace"},
                                                     {"fieldRef",
                                                      JsonObject{{"apiVersion", "v1"},
                                                                 {"fieldPath",
                                                                  "metadata.namespace"}}}}}}}}}}},
           {"defaultMode", default_mode}}}};
}

// node.md E.2.
void mount_token(Json& pod, Random& random) {
  std::string name;
  for (const auto& volume : codec::array_at(pod, "spec.volumes")) {
    const auto existing = codec::string_at(volume, "name");
    if (existing.starts_with(token_volume_prefix)) {
      name = existing;
      break;
    }
  }
  const bool exists = !name.empty();
  if (!exists) name = cat(token_volume_prefix, machinery::random_suffix(random));
  bool mounted = false;
  for (const auto* path : {"spec.initContainers", "spec.containers"}) {
    auto* containers = array_of(pod, path);
    if (containers == nullptr) continue;
    for (auto& container : *containers) {
      const auto& mounts = codec::array_at(container, "volumeMounts");
      if (!container.is_object() || std::ranges::any_of(mounts, [](const Json& mount) {
            return codec::string_at(mount, "mountPath") == token_mount_path;
          })) {
        continue;
      }
      auto& list = container.as_object()["volumeMounts"];
      if (!list.is_array()) list = JsonArray{};
      list.as_array().push_back(
          JsonObject{{"name", name}, {"readOnly", true}, {"mountPath", token_mount_path}});
      mounted = true;
    }
  }
  if (exists || !mounted) return;
  auto& volumes = codec::make_object_at(pod, "spec")["volumes"];
  if (!volumes.is_array()) volumes = JsonArray{};
  volumes.as_array().push_back(token_volume(name));
}

std::set<std::string, std::less<>> names_in(const Json& account, std::string_view list) {
  std::set<std::string, std::less<>> names;
  for (const auto& entry : codec::array_at(account, list)) {
    names.emplace(codec::string_at(entry, "name"));
  }
  return names;
}

bool enforces_mountable_secrets(const Json& account) {
  const auto& annotations = codec::object_at(account, "metadata.annotations");
  const auto* value = annotations.if_contains(enforce_annotation);
  if (value == nullptr || !value->is_string()) return false;
  constexpr std::array<std::string_view, 6> truths{"1", "t", "T", "TRUE", "true", "True"};
  return std::ranges::find(truths, std::string_view(value->as_string())) != truths.end();
}

// node.md E.3, second part.
ApiResult<void> check_mountable(const AdmissionRequest& request, const Json& account,
                                std::string_view account_name) {
  if (!enforces_mountable_secrets(account)) return {};
  const auto& pod = *request.object;
  const auto secrets = names_in(account, "secrets");
  const auto unlisted = [&](std::string_view what) {
    return deny(request, cat(what, " is not allowed because service account ", account_name,
                             " does not reference that secret"));
  };
  for (const auto& volume : codec::array_at(pod, "spec.volumes")) {
    const auto name = codec::string_at(volume, "secret.secretName");
    if (!name.empty() && !secrets.contains(name)) {
      return unlisted(cat("volume with secret.secretName=", quoted(name)));
    }
  }
  for (const auto& [path, word] : {std::pair{"spec.initContainers", "init container "},
                                   std::pair{"spec.containers", "container "}}) {
    for (const auto& container : codec::array_at(pod, path)) {
      for (const auto& env : codec::array_at(container, "env")) {
        const auto name = codec::string_at(env, "valueFrom.secretKeyRef.name");
        if (name.empty() || secrets.contains(name)) continue;
        return unlisted(cat(word, codec::string_at(container, "name"), " with envVar ",
                            codec::string_at(env, "name"),
                            " referencing secret.secretName=", quoted(name)));
      }
    }
  }
  const auto pull_secrets = names_in(account, "imagePullSecrets");
  std::size_t index = 0;
  for (const auto& entry : codec::array_at(pod, "spec.imagePullSecrets")) {
    const auto name = codec::string_at(entry, "name");
    if (!pull_secrets.contains(name)) {
      return deny(request, cat("imagePullSecrets[", index, "].name=", quoted(name),
                               " is not allowed because service account ", account_name,
                               " does not reference that imagePullSecret"));
    }
    ++index;
  }
  return {};
}

}  // namespace

bool concerns_service_accounts(const AdmissionRequest& request) {
  return request.operation == machinery::Operation::create && request.kind == &kinds::pod &&
         request.subresource.empty();
}

Task<ApiResult<void>> admit_service_account(AdmissionRequest request,
                                            machinery::View::Reader* reader, net::Loop* loop,
                                            Random* random) {
  auto& pod = *request.object;
  if (is_mirror_pod(pod)) co_return check_mirror_pod(request);
  auto& spec = codec::make_object_at(pod, "spec");
  if (codec::string_at(pod, "spec.serviceAccountName").empty()) {
    spec["serviceAccountName"] = default_account;
  }
  spec["serviceAccount"] = spec["serviceAccountName"];
  const std::string name(codec::string_at(pod, "spec.serviceAccountName"));
  const auto key = cat(request.namespace_name, '/', name);
  auto account = reader->current().find_shared(kinds::service_account, key);
  if (account == nullptr && name == default_account) {
    const std::chrono::milliseconds pause{100 + uniform(*random, 100)};
    for (int i = 0; account == nullptr && i < default_account_attempts; ++i) {
      Sleep sleep(*loop, pause);
      co_await sleep;
      account = reader->current().find_shared(kinds::service_account, key);
    }
  }
  if (account == nullptr) {
    co_return deny(request, cat("error looking up service account ", key, ": serviceaccount ",
                                quoted(name), " not found"));
  }
  const auto details = account->parse();
  const auto automount =
      codec::bool_at(pod, "spec.automountServiceAccountToken")
          .or_else([&] { return codec::bool_at(details, "automountServiceAccountToken"); })
          .value_or(true);
  if (automount) mount_token(pod, *random);
  if (codec::array_at(pod, "spec.imagePullSecrets").empty()) {
    JsonArray copied;
    for (const auto& entry : codec::array_at(details, "imagePullSecrets")) {
      copied.push_back(JsonObject{{"name", codec::string_at(entry, "name")}});
    }
    if (!copied.empty()) codec::make_object_at(pod, "spec")["imagePullSecrets"] = copied;
  }
  co_return check_mountable(request, details, name);
}

}  // namespace signet::access
