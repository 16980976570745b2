#include "access/pod_secret_rules.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "kinds/pod_references.h"

namespace signet::access {
namespace {

using codec::Json;
using machinery::AdmissionRequest;
using machinery::ApiResult;
using machinery::quoted;

using Names = std::set<std::string_view>;

Names names_in(const Json& account, std::string_view list) {
  Names names;
  for (const Json& entry : codec::array_at(account, list)) {
    names.insert(codec::string_at(entry, "name"));
  }
  return names;
}

bool is_enforced(const Json& account) {
  const auto& annotations = codec::object_at(account, "metadata.annotations");
  const auto* value = annotations.if_contains("kubernetes.io/enforce-mountable-secrets");
  if (value == nullptr || !value->is_string()) return false;
  constexpr std::string_view truths[] = {"1", "t", "T", "TRUE", "true", "True"};
  return std::ranges::find(truths, std::string_view(value->get_string())) != std::end(truths);
}

// Says of a secret that the account does not list: "WHAT is not allowed because ...".
ApiResult<void> unlisted(const AdmissionRequest& request, std::string_view what,
                         std::string_view account_name, std::string_view sort = "secret") {
  return deny(request, cat(what, " is not allowed because service account ", account_name,
                           " does not reference that ", sort));
}

ApiResult<void> check_volumes(const AdmissionRequest& request, const Names& secrets,
                              std::string_view account_name) {
  for (const Json& volume : codec::array_at(*request.object, "spec.volumes")) {
    if (codec::find(volume, "secret") == nullptr) continue;
    const auto name = codec::string_at(volume, "secret.secretName");
    if (secrets.contains(name)) continue;
    return unlisted(request, cat("volume with secret.secretName=", quoted(name)), account_name);
  }
  return {};
}

ApiResult<void> check_variables(const AdmissionRequest& request, const Names& secrets,
                                std::string_view account_name) {
  for (const auto& [list, word] : {std::pair{"spec.initContainers", "init container "},
                                   std::pair{"spec.containers", "container "}}) {
    for (const Json& container : codec::array_at(*request.object, list)) {
      for (const Json& variable : codec::array_at(container, "env")) {
        if (codec::find(variable, "valueFrom.secretKeyRef") == nullptr) continue;
        const auto name = codec::string_at(variable, "valueFrom.secretKeyRef.name");
        if (secrets.contains(name)) continue;
        return unlisted(request,
                        cat(word, codec::string_at(container, "name"), " with envVar ",
                            codec::string_at(variable, "name"),
                            " referencing secret.secretName=", quoted(name)),
                        account_name);
      }
    }
  }
  return {};
}

ApiResult<void> check_pull_secrets(const AdmissionRequest& request, const Names& secrets,
                                   std::string_view account_name) {
  std::size_t index = 0;
  for (const Json& entry : codec::array_at(*request.object, "spec.imagePullSecrets")) {
    const auto name = codec::string_at(entry, "name");
    if (!secrets.contains(name)) {
      return unlisted(request, cat("imagePullSecrets[", index, "].name=", quoted(name)),
                      account_name, "imagePullSecret");
    }
    ++index;
  }
  return {};
}

}  // namespace

ApiResult<void> check_mirror_pod(const AdmissionRequest& request) {
  const auto& pod = *request.object;
  if (!codec::string_at(pod, "spec.serviceAccountName").empty()) {
    return deny(request, "a mirror pod may not reference service accounts");
  }
  if (kinds::refers_to_any(pod, kinds::Referred::secret)) {
    return deny(request, "a mirror pod may not reference secrets");
  }
  for (const Json& volume : codec::array_at(pod, "spec.volumes")) {
    for (const Json& source : codec::array_at(volume, "projected.sources")) {
      if (codec::find(source, "serviceAccountToken") != nullptr) {
        return deny(request, "a mirror pod may not use ServiceAccountToken volume projections");
      }
      if (codec::find(source, "clusterTrustBundle") != nullptr) {
        return deny(request, "a mirror pod may not use ClusterTrustBundle volume projections");
      }
    }
  }
  return {};
}

ApiResult<void> check_mountable_secrets(const AdmissionRequest& request, const Json& account,
                                        std::string_view account_name) {
  if (!is_enforced(account)) return {};
  const auto secrets = names_in(account, "secrets");
  TRY_VOID(check_volumes(request, secrets, account_name));
  TRY_VOID(check_variables(request, secrets, account_name));
  return check_pull_secrets(request, names_in(account, "imagePullSecrets"), account_name);
}

}  // namespace signet::access
