// ServiceAccount: who a workload is. Rules: tokens.md 1.1.
#include "kinds/authentication_schema.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/kinds.h"

namespace signet::kinds {
namespace {

using codec::Json;

constexpr std::string_view enforce_mountable_secrets = "kubernetes.io/enforce-mountable-secrets";

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    list(2, "secrets", object_reference).merged_by("name"),
    list(3, "imagePullSecrets", local_object_reference),
    boolean(4, "automountServiceAccountToken").optional(),
};
constexpr Schema schema{"ServiceAccount", fields};

constexpr std::string_view short_names[] = {"sa"};

constexpr machinery::Subresource subresources[] = {
    {.name = "token",
     .kind = "TokenRequest",
     .group = "authentication.k8s.io",
     .version = "v1",
     .verbs = create_verb,
     .schema = &token_request_schema},
};

Json secrets_cell(const Json& object, Instant /*now*/) {
  return Json(codec::array_at(object, "secrets").size());
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Secrets", .description = "Number of secrets the account lists", .cell = secrets_cell},
    age_column,
};

// Entries of `secrets` keep only their names: what else a client says of them is not checked by
// anybody.
void set_defaults(Json& object) {
  auto* secrets = codec::find(object, "secrets");
  if (secrets == nullptr || !secrets->is_array()) return;
  for (Json& entry : secrets->get_array()) {
    const Json name(codec::string_at(entry, "name"));
    entry.emplace_object();
    if (!name.get_string().empty()) entry.get_object()["name"] = name;
  }
}

void warnings(const Json& object, std::vector<std::string>& out) {
  if (annotation(object, enforce_mountable_secrets) == nullptr) return;
  out.emplace_back(
      "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; "
      "prefer separate namespaces to isolate access to mounted secrets");
}

}  // namespace

constinit const machinery::Kind service_account{
    .group = "",
    .version = "v1",
    .kind = "ServiceAccount",
    .plural = "serviceaccounts",
    .singular = "serviceaccount",
    .description =
        "A ServiceAccount is an identity that workloads have towards the API and towards whoever "
        "trusts its tokens.",
    .short_names = short_names,
    .verbs = all_verbs,
    .schema = &schema,
    .delete_reply = machinery::DeleteReply::object,
    .subresources = subresources,
    .columns = columns,
    .set_defaults = set_defaults,
    .warnings = warnings,
};

}  // namespace signet::kinds
