#include "access/service_account_admission.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "access/pod_secret_rules.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "kinds/kinds.h"
#include "kinds/pod_references.h"
#include "kinds/token_secret.h"
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
constexpr std::string_view token_volume_prefix = "kube-api-access-";
constexpr std::string_view token_mount_path = "/var/run/secrets/kubernetes.io/serviceaccount";
// Asks for the one-year extension; see token/lifetime.h.
constexpr std::int64_t token_seconds = 3607;
constexpr int default_mode = 0644;
constexpr int attempts = 10;

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

// Mounts the volume in each container that has nothing at that place; whether in any.
bool mount(Json& pod, std::string_view volume) {
  bool mounted = false;
  for (const auto* path : {"spec.initContainers", "spec.containers"}) {
    auto* containers = array_of(pod, path);
    if (containers == nullptr) continue;
    for (auto& container : *containers) {
      const auto& mounts = codec::array_at(container, "volumeMounts");
      if (!container.is_object() || std::ranges::any_of(mounts, [](const Json& there) {
            return codec::string_at(there, "mountPath") == token_mount_path;
          })) {
        continue;
      }
      auto& list = container.as_object()["volumeMounts"];
      if (!list.is_array()) list = JsonArray{};
      list.as_array().push_back(
          JsonObject{{"name", volume}, {"readOnly", true}, {"mountPath", token_mount_path}});
      mounted = true;
    }
  }
  return mounted;
}

// The name of the first volume that `is_it`; empty when there is none.
template <typename IsIt>
std::string find_volume(const Json& pod, IsIt is_it) {
  for (const auto& volume : codec::array_at(pod, "spec.volumes")) {
    if (is_it(volume)) return std::string(codec::string_at(volume, "name"));
  }
  return {};
}

void add_volume(Json& pod, Json volume) {
  auto& volumes = codec::make_object_at(pod, "spec")["volumes"];
  if (!volumes.is_array()) volumes = JsonArray{};
  volumes.as_array().push_back(std::move(volume));
}

// node.md E.2.
void mount_token(Json& pod, Random& random) {
  const auto existing = find_volume(pod, [](const Json& volume) {
    return codec::string_at(volume, "name").starts_with(token_volume_prefix);
  });
  if (!existing.empty()) {
    mount(pod, existing);
    return;
  }
  const auto name = cat(token_volume_prefix, machinery::random_suffix(random));
  if (mount(pod, name)) add_volume(pod, token_volume(name));
}

// As Kubernetes did before tokens were projected: the volume is named like the secret.
void mount_secret(Json& pod, std::string_view secret, Random& random) {
  const auto existing = find_volume(pod, [&](const Json& volume) {
    return codec::string_at(volume, "secret.secretName") == secret;
  });
  if (!existing.empty()) {
    mount(pod, existing);
    return;
  }
  const auto taken = find_volume(
      pod, [&](const Json& volume) { return codec::string_at(volume, "name") == secret; });
  const auto name =
      taken.empty() ? std::string(secret) : cat(secret, '-', machinery::random_suffix(random));
  if (!mount(pod, name)) return;
  add_volume(pod, JsonObject{{"name", name},
                             {"secret",
                              JsonObject{{"secretName", secret}, {"defaultMode", default_mode}}}});
}

ApiError no_account(const AdmissionRequest& request, std::string_view key, std::string_view name) {
  return deny(request, cat("error looking up service account ", key, ": serviceaccount ",
                           quoted(name), " not found"))
      .error();
}

// The controller makes it a moment after the account.
ApiError no_token_yet(std::string_view account) {
  machinery::StatusDetails details;
  details.name = "create pod";
  details.kind = "serviceaccounts";
  details.retry_after_seconds = 1;
  return {.code = 500,
          .reason = "ServerTimeout",
          .message = cat("No API token found for service account ", quoted(account),
                         ", retry after the token is automatically created and added to the "
                         "service account"),
          .details = std::move(details),
          .continue_token = {}};
}

// What `look` finds, looked for again a few times in about a second and a half: what a controller
// makes a moment after something else.
template <typename Look>
Task<std::invoke_result_t<Look>> wait_for(const AdmissionContext* context, int looks, Look look) {
  auto found = look();
  const std::chrono::milliseconds pause{100 + uniform(context->random, 100)};
  for (int i = 1; !found && i < looks; ++i) {
    Sleep sleep(context->loop, pause);
    co_await sleep;
    found = look();
  }
  co_return found;
}

void copy_pull_secrets(Json& pod, const Json& account) {
  if (!codec::array_at(pod, "spec.imagePullSecrets").empty()) return;
  JsonArray copied;
  for (const auto& entry : codec::array_at(account, "imagePullSecrets")) {
    copied.push_back(JsonObject{{"name", codec::string_at(entry, "name")}});
  }
  if (!copied.empty()) codec::make_object_at(pod, "spec")["imagePullSecrets"] = copied;
}

}  // namespace

Task<ApiResult<void>> admit_service_account(AdmissionRequest request,
                                            const AdmissionContext* context) {
  if (!is_new_pod(request)) co_return ApiResult<void>{};
  auto& pod = *request.object;
  if (kinds::is_mirror_pod(pod)) co_return check_mirror_pod(request);
  auto& spec = codec::make_object_at(pod, "spec");
  if (codec::string_at(pod, "spec.serviceAccountName").empty()) {
    spec["serviceAccountName"] = default_account;
  }
  spec["serviceAccount"] = spec["serviceAccountName"];
  const std::string name(codec::string_at(pod, "spec.serviceAccountName"));
  const auto key = cat(request.namespace_name, '/', name);
  const auto account = co_await wait_for(context, name == default_account ? attempts : 1, [&] {
    return context->snapshot().find_shared(kinds::service_account, key);
  });
  if (account == nullptr) co_return refuse(no_account(request, key, name));
  auto details = account->parse();
  const auto automount =
      codec::bool_at(pod, "spec.automountServiceAccountToken")
          .or_else([&] { return codec::bool_at(details, "automountServiceAccountToken"); })
          .value_or(true);
  if (automount && context->pod_token == PodToken::projected) mount_token(pod, context->random);
  if (automount && context->pod_token == PodToken::from_secret) {
    const auto secret = co_await wait_for(context, attempts, [&]() -> std::optional<std::string> {
      const auto* current = context->snapshot().find(kinds::service_account, key);
      if (current == nullptr) return std::nullopt;
      details = current->parse();
      return kinds::listed_token_secret(context->snapshot(), details);
    });
    if (!secret) co_return refuse(no_token_yet(name));
    mount_secret(pod, *secret, context->random);
  }
  copy_pull_secrets(pod, details);
  co_return check_mountable_secrets(request, details, name);
}

ApiResult<void> check_service_account(const AdmissionRequest& request,
                                      const AdmissionContext& context) {
  if (!is_new_pod(request)) return {};
  const auto& pod = *request.object;
  if (kinds::is_mirror_pod(pod)) return check_mirror_pod(request);
  const auto name = codec::string_at(pod, "spec.serviceAccountName");
  const auto key = cat(request.namespace_name, '/', name);
  const auto* account = context.snapshot().find(kinds::service_account, key);
  if (account == nullptr) return refuse(no_account(request, key, name));
  return check_mountable_secrets(request, account->parse(), name);
}

}  // namespace signet::access
