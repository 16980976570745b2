// Namespace: where other objects live, and what goes when it goes. Rules: node.md G.1, G.4.
#include <algorithm>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/kinds.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::Update;

constexpr Field spec_fields[] = {list_of(1, "finalizers", Type::text)};
constexpr Schema spec{"NamespaceSpec", spec_fields};

constexpr Field condition_fields[] = {
    text(1, "type").required(),
    text(2, "status").required(),
    scalar(4, "lastTransitionTime", Type::time),
    text(5, "reason"),
    text(6, "message"),
};
constexpr Schema condition{"NamespaceCondition", condition_fields};

constexpr Field status_fields[] = {
    text(1, "phase"),
    list(2, "conditions", condition).merged_by("type"),
};
constexpr Schema status{"NamespaceStatus", status_fields};

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", spec),
    message(3, "status", status),
};
constexpr Schema schema{"Namespace", fields};

// A namespace is emptied before it is removed, so its collection cannot be deleted in one go.
constexpr std::string_view verbs[] = {"create", "delete", "get",  "list",
                                      "patch",  "update", "watch"};
constexpr std::string_view short_names[] = {"ns"};
constexpr std::string_view selectable[] = {"status.phase"};

constexpr machinery::Subresource subresources[] = {
    {.name = "finalize", .kind = "Namespace", .verbs = update_verb},
    {.name = "status", .kind = "Namespace", .verbs = status_verbs},
};

Json phase_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "status.phase");
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Status",
     .description = "Active, or Terminating while its contents are removed",
     .cell = phase_cell},
    age_column,
};

constexpr std::string_view kubernetes_finalizer = "kubernetes";

// Keeps the label that lets selectors name a namespace.
void set_defaults(Json& object) {
  const Json name(codec::string_at(object, "metadata.name"));
  if (name.get_string().empty()) return;
  codec::make_object_at(object, "metadata.labels")["kubernetes.io/metadata.name"] = name;
}

void prepare_create(Json& object, const machinery::WriteContext& /*context*/) {
  set_defaults(object);
  auto& finalizers = codec::make_object_at(object, "spec")["finalizers"];
  if (!finalizers.is_array()) finalizers.emplace_array();
  auto& entries = finalizers.get_array();
  if (std::ranges::find(entries, Json(kubernetes_finalizer)) == entries.end()) {
    entries.emplace_back(kubernetes_finalizer);
  }
  object.as_object()["status"] = {{"phase", "Active"}};
}

// Only the subresource `finalize` changes spec.finalizers, which are all there is to a spec.
void prepare_update(Json& object, const Json& old, Update what) {
  keep_other_half(object, old, what);
  const auto* kept = member(old, "spec");
  object.as_object()["spec"] = kept == nullptr ? Json(codec::JsonObject{}) : *kept;
}

void validate(const Json& object, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& entry : codec::array_at(object, "spec.finalizers")) {
    const auto path = cat("spec.finalizers[", index++, ']');
    const auto* name = entry.if_string();
    const std::string_view text = name == nullptr ? std::string_view{} : std::string_view(*name);
    const auto wrong = machinery::qualified_name_messages(text);
    for (const auto& message : wrong) errors.invalid(path, machinery::quoted(text), message);
    if (wrong.empty() && !text.contains('/') && text != kubernetes_finalizer) {
      errors.invalid(path, machinery::quoted(text),
                     "name is neither a standard finalizer name nor is it fully qualified");
    }
  }
}

void validate_update(const Json& object, const Json& /*old*/, Update what, FieldErrors& errors) {
  if (what != Update::status) return;
  const auto phase = codec::string_at(object, "status.phase");
  const bool deleted = !codec::string_at(object, "metadata.deletionTimestamp").empty();
  if (!deleted && phase != "Active") {
    errors.invalid("status.Phase", machinery::quoted(phase),
                   "may only be 'Active' if `deletionTimestamp` is empty");
  }
  if (deleted && phase != "Terminating") {
    errors.invalid("status.Phase", machinery::quoted(phase),
                   "may only be 'Terminating' if `deletionTimestamp` is not empty");
  }
}

bool held_by_spec(const Json& object) {
  return !codec::array_at(object, "spec.finalizers").empty();
}

void on_deletion_mark(Json& object) {
  codec::make_object_at(object, "status")["phase"] = "Terminating";
}

std::optional<std::string> refuse_delete(std::string_view name) {
  if (name != "default" && name != "kube-system" && name != "kube-public") return std::nullopt;
  return "this namespace may not be deleted";
}

}  // namespace

constinit const machinery::Kind namespace_kind{
    .group = "",
    .version = "v1",
    .kind = "Namespace",
    .plural = "namespaces",
    .singular = "namespace",
    .description = "A Namespace is a scope for names; what is in it goes when it goes.",
    .short_names = short_names,
    .verbs = verbs,
    .scope = machinery::Scope::cluster,
    .schema = &schema,
    .name_rule = machinery::NameRule::dns_label,
    .has_status = true,
    .delete_reply = machinery::DeleteReply::object,
    .subresources = subresources,
    .selectable = selectable,
    .columns = columns,
    .set_defaults = set_defaults,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = validate,
    .validate_update = validate_update,
    .held_by_spec = held_by_spec,
    .on_deletion_mark = on_deletion_mark,
    .refuse_delete = refuse_delete,
};

}  // namespace signet::kinds
