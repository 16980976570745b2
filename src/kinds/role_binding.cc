// RoleBinding and ClusterRoleBinding: who has the rules of a role, in a namespace or everywhere.
#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/rbac_rules.h"
#include "kinds/rbac_schema.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using codec::string_at;
using machinery::FieldErrors;
using machinery::NameRule;
using machinery::quoted;

constexpr std::string_view service_account_kind = "ServiceAccount";
constexpr std::string_view user_kind = "User";
constexpr std::string_view group_kind = "Group";

Json role_cell(const Json& object, Instant /*now*/) {
  return text_cell(cat(string_at(object, "roleRef.kind"), '/', string_at(object, "roleRef.name")));
}

// The subjects of one kind, as people read them.
Json subjects_cell(const Json& object, std::string_view kind) {
  std::string shown;
  for (const Json& subject : codec::array_at(object, "subjects")) {
    if (string_at(subject, "kind") != kind) continue;
    if (!shown.empty()) shown += ", ";
    if (kind == service_account_kind) append(shown, string_at(subject, "namespace"), '/');
    shown += string_at(subject, "name");
  }
  return text_cell(shown);
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Role", .description = "The role whose rules are given", .cell = role_cell},
    age_column,
    {.name = "Users",
     .description = "Users who have them",
     .priority = 1,
     .cell = [](const Json& object, Instant) { return subjects_cell(object, user_kind); }},
    {.name = "Groups",
     .description = "Groups whose members have them",
     .priority = 1,
     .cell = [](const Json& object, Instant) { return subjects_cell(object, group_kind); }},
    {.name = "ServiceAccounts",
     .description = "Service accounts that have them",
     .priority = 1,
     .cell = [](const Json& object,
                Instant) { return subjects_cell(object, service_account_kind); }},
};

void set_defaults(Json& object) {
  default_text(codec::make_object_at(object, "roleRef"), "apiGroup", rbac_group);
  auto* subjects = object.as_object().if_contains("subjects");
  if (subjects == nullptr || !subjects->is_array()) return;
  for (Json& subject : subjects->get_array()) {
    const auto kind = string_at(subject, "kind");
    if (kind != user_kind && kind != group_kind) continue;
    default_text(subject.as_object(), "apiGroup", rbac_group);
  }
}

void validate_role_ref(const Json& object, const std::vector<std::string_view>& kinds,
                       FieldErrors& errors) {
  const auto group = string_at(object, "roleRef.apiGroup");
  const auto kind = string_at(object, "roleRef.kind");
  const auto name = string_at(object, "roleRef.name");
  if (group != rbac_group) {
    errors.unsupported("roleRef.apiGroup", quoted(group), {rbac_group});
  }
  if (std::ranges::find(kinds, kind) == kinds.end()) {
    errors.unsupported("roleRef.kind", quoted(kind), kinds);
  }
  if (name.empty()) return errors.required("roleRef.name");
  machinery::validate_name(NameRule::path_segment, name, "roleRef.name", errors);
}

void validate_subject(const Json& subject, bool namespaced, const std::string& where,
                      FieldErrors& errors) {
  const auto kind = string_at(subject, "kind");
  const auto group = string_at(subject, "apiGroup");
  const auto name = string_at(subject, "name");
  if (name.empty()) errors.required(where + ".name");
  if (kind == service_account_kind) {
    if (!name.empty()) {
      machinery::validate_name(NameRule::dns_subdomain, name, where + ".name", errors);
    }
    if (!group.empty()) errors.unsupported(where + ".apiGroup", quoted(group), {""});
    if (!namespaced && string_at(subject, "namespace").empty()) {
      errors.required(where + ".namespace");
    }
  } else if (kind == user_kind || kind == group_kind) {
    if (group != rbac_group) {
      errors.unsupported(where + ".apiGroup", quoted(group), {rbac_group});
    }
  } else {
    errors.unsupported(where + ".kind", quoted(kind),
                       {service_account_kind, user_kind, group_kind});
  }
}

void validate_subjects(const Json& object, bool namespaced, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& subject : codec::array_at(object, "subjects")) {
    validate_subject(subject, namespaced, cat("subjects[", index++, ']'), errors);
  }
}

void validate_role_binding(const Json& object, FieldErrors& errors) {
  validate_role_ref(object, {"Role", "ClusterRole"}, errors);
  validate_subjects(object, true, errors);
}

void validate_cluster_role_binding(const Json& object, FieldErrors& errors) {
  validate_role_ref(object, {"ClusterRole"}, errors);
  validate_subjects(object, false, errors);
}

// Who may bind one role must not get another by a change: that takes a new binding. The value is
// printed with the names of Kubernetes' internal type.
void validate_update(const Json& object, const Json& old, machinery::Update /*what*/,
                     FieldErrors& errors) {
  codec::JsonObject printed;
  bool same = true;
  for (const auto& [path, shown] : {std::pair{"roleRef.apiGroup", "APIGroup"},
                                    {"roleRef.kind", "Kind"},
                                    {"roleRef.name", "Name"}}) {
    const auto value = string_at(object, path);
    same = same && value == string_at(old, path);
    printed[shown] = value;
  }
  if (same) return;
  errors.invalid("roleRef", codec::to_json(printed, codec::Escape::html), "cannot change roleRef");
}

}  // namespace

constinit const machinery::Kind role_binding{
    .group = rbac_group,
    .version = "v1",
    .kind = "RoleBinding",
    .plural = "rolebindings",
    .singular = "rolebinding",
    .description = "A RoleBinding gives the rules of a role to its subjects, in its namespace.",
    .verbs = all_verbs,
    .schema = &role_binding_schema,
    .name_rule = NameRule::path_segment,
    .create_on_update = true,
    .columns = columns,
    .compile = compile_binding,
    .index = index_binding,
    .set_defaults = set_defaults,
    .validate = validate_role_binding,
    .validate_update = validate_update,
};

constinit const machinery::Kind cluster_role_binding{
    .group = rbac_group,
    .version = "v1",
    .kind = "ClusterRoleBinding",
    .plural = "clusterrolebindings",
    .singular = "clusterrolebinding",
    .description = "A ClusterRoleBinding gives the rules of a cluster role to its subjects.",
    .verbs = all_verbs,
    .scope = machinery::Scope::cluster,
    .schema = &cluster_role_binding_schema,
    .name_rule = NameRule::path_segment,
    .create_on_update = true,
    .columns = columns,
    .compile = compile_binding,
    .index = index_binding,
    .set_defaults = set_defaults,
    .validate = validate_cluster_role_binding,
    .validate_update = validate_update,
};

}  // namespace signet::kinds
