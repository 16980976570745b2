#include "access/bootstrap_policy.h"

#include <span>

#include "access/policy_table.h"
#include "base/cat.h"
#include "kinds/kinds.h"
#include "kinds/rbac_rules.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::string_view read = "get list watch";
constexpr std::string_view change = "create delete deletecollection patch update";
constexpr std::string_view all = "create delete deletecollection get list patch update watch";

constexpr std::string_view aggregate_prefix = "rbac.authorization.k8s.io/aggregate-to-";

constexpr RuleRow cluster_admin[] = {
    {.verbs = "*", .groups = "*", .resources = "*"},
    {.verbs = "*", .paths = "*"},
};
constexpr RuleRow public_info_viewer[] = {
    {.verbs = "get", .paths = "/healthz /livez /readyz /version /version/"},
};
constexpr RuleRow discovery[] = {
    {.verbs = "get",
     .paths = "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version "
              "/version/"},
};
constexpr RuleRow basic_user[] = {
    {.verbs = "create",
     .groups = "authorization.k8s.io",
     .resources = "selfsubjectaccessreviews selfsubjectrulesreviews"},
    {.verbs = "create", .groups = "authentication.k8s.io", .resources = "selfsubjectreviews"},
};
constexpr RuleRow issuer_discovery[] = {
    {.verbs = "get", .paths = "/.well-known/openid-configuration /openid/v1/jwks"},
};
constexpr RuleRow auth_delegator[] = {
    {.verbs = "create", .groups = "authentication.k8s.io", .resources = "tokenreviews"},
    {.verbs = "create", .groups = "authorization.k8s.io", .resources = "subjectaccessreviews"},
};
constexpr RuleRow monitoring[] = {
    {.verbs = "get",
     .paths = "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*"},
};
// What the node authorizer narrows; bound to nobody, for those who give up that authorizer.
constexpr RuleRow node[] = {
    {.verbs = "create get list patch update watch", .groups = "core", .resources = "nodes"},
    {.verbs = "patch update", .groups = "core", .resources = "nodes/status"},
    {.verbs = "create delete get list watch", .groups = "core", .resources = "pods"},
    {.verbs = "patch update", .groups = "core", .resources = "pods/status"},
    {.verbs = "create", .groups = "core", .resources = "pods/eviction"},
    {.verbs = read, .groups = "core", .resources = "configmaps secrets"},
    {.verbs = "get", .groups = "core", .resources = "persistentvolumeclaims persistentvolumes"},
    {.verbs = "create delete get patch update",
     .groups = "coordination.k8s.io",
     .resources = "leases"},
    {.verbs = "create", .groups = "core", .resources = "serviceaccounts/token"},
};
constexpr RuleRow controller_manager[] = {
    {.verbs = "create patch update", .groups = "core events.k8s.io", .resources = "events"},
    {.verbs = "create", .groups = "coordination.k8s.io", .resources = "leases"},
    {.verbs = "get update",
     .groups = "coordination.k8s.io",
     .resources = "leases",
     .names = "kube-controller-manager"},
    {.verbs = "create", .groups = "core", .resources = "secrets serviceaccounts"},
    {.verbs = "delete", .groups = "core", .resources = "secrets"},
    {.verbs = "get",
     .groups = "core",
     .resources = "configmaps namespaces secrets serviceaccounts"},
    {.verbs = "update", .groups = "core", .resources = "secrets serviceaccounts"},
    {.verbs = "create", .groups = "authentication.k8s.io", .resources = "tokenreviews"},
    {.verbs = "create", .groups = "authorization.k8s.io", .resources = "subjectaccessreviews"},
    {.verbs = "list watch", .groups = "*", .resources = "*"},
    {.verbs = "create", .groups = "core", .resources = "serviceaccounts/token"},
};
constexpr RuleRow scheduler[] = {
    {.verbs = "create patch update", .groups = "core events.k8s.io", .resources = "events"},
    {.verbs = "create", .groups = "coordination.k8s.io", .resources = "leases"},
    {.verbs = "get update",
     .groups = "coordination.k8s.io",
     .resources = "leases",
     .names = "kube-scheduler"},
    {.verbs = read, .groups = "core", .resources = "nodes"},
    {.verbs = "delete get list watch", .groups = "core", .resources = "pods"},
    {.verbs = "create", .groups = "core", .resources = "bindings pods/binding"},
    {.verbs = "patch update", .groups = "core", .resources = "pods/status"},
    {.verbs = read, .groups = "core", .resources = "replicationcontrollers services"},
    {.verbs = read, .groups = "core", .resources = "persistentvolumeclaims persistentvolumes"},
    {.verbs = "create", .groups = "authentication.k8s.io", .resources = "tokenreviews"},
    {.verbs = "create", .groups = "authorization.k8s.io", .resources = "subjectaccessreviews"},
    {.verbs = read, .groups = "core", .resources = "namespaces"},
};
constexpr RuleRow node_proxier[] = {
    {.verbs = "list watch", .groups = "core", .resources = "endpoints services"},
    {.verbs = "get list watch", .groups = "core", .resources = "nodes"},
    {.verbs = "create patch update", .groups = "core events.k8s.io", .resources = "events"},
    {.verbs = "list watch", .groups = "discovery.k8s.io", .resources = "endpointslices"},
};

constexpr RuleRow to_view[] = {
    {.verbs = read,
     .groups = "core",
     .resources = "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods "
                  "replicationcontrollers replicationcontrollers/scale serviceaccounts services "
                  "services/status"},
    {.verbs = read,
     .groups = "core",
     .resources = "bindings events limitranges namespaces/status pods/log pods/status "
                  "replicationcontrollers/status resourcequotas resourcequotas/status"},
    {.verbs = read, .groups = "core", .resources = "namespaces"},
    {.verbs = read, .groups = "discovery.k8s.io", .resources = "endpointslices"},
    {.verbs = read,
     .groups = "apps",
     .resources =
         "controllerrevisions daemonsets daemonsets/status deployments deployments/scale "
         "deployments/status replicasets replicasets/scale replicasets/status statefulsets "
         "statefulsets/scale statefulsets/status"},
    {.verbs = read,
     .groups = "autoscaling",
     .resources = "horizontalpodautoscalers horizontalpodautoscalers/status"},
    {.verbs = read, .groups = "batch", .resources = "cronjobs cronjobs/status jobs jobs/status"},
    {.verbs = read,
     .groups = "policy",
     .resources = "poddisruptionbudgets poddisruptionbudgets/status"},
    {.verbs = read,
     .groups = "networking.k8s.io",
     .resources = "ingresses ingresses/status networkpolicies"},
};
constexpr RuleRow to_edit[] = {
    {.verbs = read,
     .groups = "core",
     .resources = "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"},
    {.verbs = "impersonate", .groups = "core", .resources = "serviceaccounts"},
    {.verbs = change,
     .groups = "core",
     .resources = "pods pods/attach pods/exec pods/portforward pods/proxy"},
    {.verbs = "create", .groups = "core", .resources = "pods/eviction"},
    {.verbs = change,
     .groups = "core",
     .resources = "configmaps events persistentvolumeclaims replicationcontrollers "
                  "replicationcontrollers/scale secrets serviceaccounts services services/proxy"},
    {.verbs = "create", .groups = "core", .resources = "serviceaccounts/token"},
    {.verbs = change,
     .groups = "apps",
     .resources = "daemonsets deployments deployments/rollback deployments/scale replicasets "
                  "replicasets/scale statefulsets statefulsets/scale"},
    {.verbs = change, .groups = "autoscaling", .resources = "horizontalpodautoscalers"},
    {.verbs = change, .groups = "batch", .resources = "cronjobs jobs"},
    {.verbs = change, .groups = "policy", .resources = "poddisruptionbudgets"},
    {.verbs = change, .groups = "networking.k8s.io", .resources = "ingresses networkpolicies"},
    {.verbs = all, .groups = "coordination.k8s.io", .resources = "leases"},
};
constexpr RuleRow to_admin[] = {
    {.verbs = "create", .groups = "authorization.k8s.io", .resources = "localsubjectaccessreviews"},
    {.verbs = all, .groups = "rbac.authorization.k8s.io", .resources = "rolebindings roles"},
};

constexpr RuleRow extension_reader[] = {
    {.verbs = read,
     .groups = "core",
     .resources = "configmaps",
     .names = "extension-apiserver-authentication"},
};

struct RoleRow {
  std::string_view name;
  std::span<const RuleRow> rules;
  std::string_view part_of;    // "edit": carries the label that role collects by
  bool collects = false;       // has the rules of all that are part of it instead of its own
  std::string_view kept_in{};  // a namespace: a Role
};

constexpr RoleRow roles[] = {
    {.name = "cluster-admin", .rules = cluster_admin},
    {.name = "system:public-info-viewer", .rules = public_info_viewer},
    {.name = "system:discovery", .rules = discovery},
    {.name = "system:basic-user", .rules = basic_user},
    {.name = "system:service-account-issuer-discovery", .rules = issuer_discovery},
    {.name = "system:auth-delegator", .rules = auth_delegator},
    {.name = "system:monitoring", .rules = monitoring},
    {.name = "system:node", .rules = node},
    {.name = "system:kube-controller-manager", .rules = controller_manager},
    {.name = "system:kube-scheduler", .rules = scheduler},
    {.name = "system:node-proxier", .rules = node_proxier},
    {.name = "system:aggregate-to-view", .rules = to_view, .part_of = "view"},
    {.name = "system:aggregate-to-edit", .rules = to_edit, .part_of = "edit"},
    {.name = "system:aggregate-to-admin", .rules = to_admin, .part_of = "admin"},
    {.name = "view", .rules = {}, .part_of = "edit", .collects = true},
    {.name = "edit", .rules = {}, .part_of = "admin", .collects = true},
    {.name = "admin", .rules = {}, .collects = true},
    {.name = "extension-apiserver-authentication-reader",
     .rules = extension_reader,
     .kept_in = "kube-system"},
};

struct BindingRow {
  std::string_view name;  // of the binding and of the ClusterRole
  std::string_view groups;
  std::string_view user{};
};

constexpr BindingRow bindings[] = {
    {.name = "cluster-admin", .groups = "system:masters"},
    {.name = "system:public-info-viewer", .groups = "system:authenticated system:unauthenticated"},
    {.name = "system:discovery", .groups = "system:authenticated"},
    {.name = "system:basic-user", .groups = "system:authenticated"},
    {.name = "system:service-account-issuer-discovery", .groups = "system:serviceaccounts"},
    {.name = "system:monitoring", .groups = "system:monitoring"},
    {.name = "system:node", .groups = ""},
    {.name = "system:kube-controller-manager",
     .groups = "",
     .user = "system:kube-controller-manager"},
    {.name = "system:kube-scheduler", .groups = "", .user = "system:kube-scheduler"},
    {.name = "system:node-proxier", .groups = "", .user = "system:kube-proxy"},
};

JsonObject metadata_of(std::string_view name) {
  return {{"name", name},
          {"labels", JsonObject{{"kubernetes.io/bootstrapping", "rbac-defaults"}}},
          {"annotations", JsonObject{{auto_update_annotation, "true"}}}};
}

BootstrapObject to_object(const RoleRow& row) {
  auto metadata = metadata_of(row.name);
  if (!row.part_of.empty()) {
    metadata["labels"].as_object()[cat(aggregate_prefix, row.part_of)] = "true";
  }
  if (!row.kept_in.empty()) metadata["namespace"] = row.kept_in;
  JsonObject json{{"metadata", std::move(metadata)}};
  auto rules = to_rules(row.rules);
  if (row.name == "system:node") {
    for (auto& rule : to_rules(general_node_rules())) rules.push_back(std::move(rule));
  }
  if (row.collects) {
    const JsonObject selector{
        {"matchLabels", JsonObject{{cat(aggregate_prefix, row.name), "true"}}}};
    json["aggregationRule"] = JsonObject{{"clusterRoleSelectors", JsonArray{selector}}};
  } else {
    json["rules"] = kinds::to_json(rules);
  }
  return {.kind = row.kept_in.empty() ? &kinds::cluster_role : &kinds::role,
          .json = Json(std::move(json))};
}

JsonObject subject(std::string_view kind, std::string_view name) {
  return {{"kind", kind}, {"apiGroup", "rbac.authorization.k8s.io"}, {"name", name}};
}

BootstrapObject to_object(const BindingRow& row) {
  JsonObject json{{"metadata", metadata_of(row.name)},
                  {"roleRef", JsonObject{{"apiGroup", "rbac.authorization.k8s.io"},
                                         {"kind", "ClusterRole"},
                                         {"name", row.name}}}};
  JsonArray subjects;
  for (const auto& group : to_rule({.groups = row.groups}).api_groups) {
    subjects.push_back(subject("Group", group));
  }
  if (!row.user.empty()) subjects.push_back(subject("User", row.user));
  if (!subjects.empty()) json["subjects"] = std::move(subjects);
  return {.kind = &kinds::cluster_role_binding, .json = Json(std::move(json))};
}

}  // namespace

std::vector<BootstrapObject> bootstrap_policy() {
  std::vector<BootstrapObject> out;
  for (const auto& row : roles) out.push_back(to_object(row));
  for (const auto& row : bindings) out.push_back(to_object(row));
  return out;
}

}  // namespace signet::access
