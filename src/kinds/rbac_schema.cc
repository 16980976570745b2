#include "kinds/rbac_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field policy_rule_fields[] = {
    list_of(1, "verbs", Type::text).required(), list_of(2, "apiGroups", Type::text),
    list_of(3, "resources", Type::text),        list_of(4, "resourceNames", Type::text),
    list_of(5, "nonResourceURLs", Type::text),
};
constexpr Schema policy_rule{"PolicyRule", policy_rule_fields};

constexpr Field aggregation_rule_fields[] = {list(1, "clusterRoleSelectors", label_selector)};
constexpr Schema aggregation_rule{"AggregationRule", aggregation_rule_fields};

constexpr Field subject_fields[] = {
    text(1, "kind").required(),
    text(2, "apiGroup"),
    text(3, "name").required(),
    text(4, "namespace"),
};
constexpr Schema subject{.name = "Subject", .fields = subject_fields, .package = {}, .whole = true};

constexpr Field role_ref_fields[] = {
    text(1, "apiGroup").required(),
    text(2, "kind").required(),
    text(3, "name").required(),
};
constexpr Schema role_ref{
    .name = "RoleRef", .fields = role_ref_fields, .package = {}, .whole = true};

constexpr Field role_fields[] = {
    message(1, "metadata", object_meta),
    list(2, "rules", policy_rule).required(),
};
constexpr Field cluster_role_fields[] = {
    message(1, "metadata", object_meta),
    list(2, "rules", policy_rule).required(),
    message(3, "aggregationRule", aggregation_rule).optional(),
};
constexpr Field binding_fields[] = {
    message(1, "metadata", object_meta),
    list(2, "subjects", subject),
    message(3, "roleRef", role_ref),
};

}  // namespace

constinit const Schema role_schema{"Role", role_fields};
constinit const Schema cluster_role_schema{"ClusterRole", cluster_role_fields};
constinit const Schema role_binding_schema{"RoleBinding", binding_fields};
constinit const Schema cluster_role_binding_schema{"ClusterRoleBinding", binding_fields};

}  // namespace signet::kinds
