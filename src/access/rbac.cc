#include "access/rbac.h"

#include <algorithm>
#include <unordered_set>

#include "access/rule.h"
#include "base/cat.h"
#include "kinds/kinds.h"
#include "machinery/field_error.h"

namespace signet::access {
namespace {

using kinds::CompiledBinding;
using kinds::CompiledRole;
using kinds::PolicyRule;
using kinds::Subject;
using machinery::Object;
using machinery::quoted;
using machinery::Snapshot;

bool is_subject(const Subject& subject, const token::UserInfo& user) {
  switch (subject.kind) {
    case Subject::Kind::user:
      return subject.name == user.username;
    case Subject::Kind::group:
      return std::ranges::find(user.groups, subject.name) != user.groups.end();
    case Subject::Kind::service_account:
      return subject.username == user.username;
  }
  return false;
}

// A binding that names the user, and the role whose rules it gives; null when that is missing.
struct Bound {
  const Object& binding;
  const CompiledBinding& compiled;
  const CompiledRole* role;
};

const CompiledRole* role_of(const CompiledBinding& binding, std::string_view namespace_name,
                            const Snapshot& snapshot) {
  const auto* role = binding.to_cluster_role
                         ? snapshot.find(kinds::cluster_role, binding.role)
                         : snapshot.find(kinds::role, cat(namespace_name, '/', binding.role));
  return role == nullptr ? nullptr : role->compiled<CompiledRole>();
}

// Calls `use` with every binding of one kind that names the user, once, until that returns false.
// However many groups and subjects there are, each group is one look-up and each binding is told
// apart by its address.
template <typename Use>
bool visit(const machinery::Kind& kind, const token::UserInfo& user,
           std::string_view namespace_name, const Snapshot& snapshot, Use& use) {
  bool go_on = true;
  std::unordered_set<const Object*> seen;
  const auto visit_key = [&](const std::string& key) {
    snapshot.for_each_indexed(kind, key, [&](const Object& binding) {
      if (!seen.insert(&binding).second) return true;
      const auto& compiled = *binding.compiled<CompiledBinding>();
      go_on = use(Bound{.binding = binding,
                        .compiled = compiled,
                        .role = role_of(compiled, namespace_name, snapshot)});
      return go_on;
    });
  };
  visit_key(kinds::user_key(user.username, namespace_name));
  for (auto group = user.groups.begin(); go_on && group != user.groups.end(); ++group) {
    visit_key(kinds::group_key(*group, namespace_name));
  }
  return go_on;
}

template <typename Use>
void visit_bindings(const token::UserInfo& user, std::string_view namespace_name,
                    const Snapshot& snapshot, Use use) {
  if (!visit(kinds::cluster_role_binding, user, "", snapshot, use)) return;
  if (!namespace_name.empty()) visit(kinds::role_binding, user, namespace_name, snapshot, use);
}

std::string missing_role(const Bound& bound) {
  return cat(bound.compiled.to_cluster_role ? "clusterrole" : "role", ".rbac.authorization.k8s.io ",
             quoted(bound.compiled.role), " not found");
}

// `RBAC: allowed by RoleBinding "b/demo" of Role "r" to User "alice"`
// The first subject that is the user counts.
std::string why_allowed(const Bound& bound, const token::UserInfo& user) {
  std::string out = "RBAC: allowed by ";
  const auto namespace_name = bound.binding.namespace_name();
  if (namespace_name.empty()) {
    append(out, "ClusterRoleBinding ", quoted(bound.binding.name()));
  } else {
    append(out, "RoleBinding ", quoted(cat(bound.binding.name(), '/', namespace_name)));
  }
  append(out, " of ", bound.compiled.to_cluster_role ? "ClusterRole " : "Role ",
         quoted(bound.compiled.role), " to ");
  const auto& subject = *std::ranges::find_if(
      bound.compiled.subjects, [&](const Subject& one) { return is_subject(one, user); });
  switch (subject.kind) {
    case Subject::Kind::user:
      append(out, "User ", quoted(subject.name));
      break;
    case Subject::Kind::group:
      append(out, "Group ", quoted(subject.name));
      break;
    case Subject::Kind::service_account:
      append(out, "ServiceAccount ", quoted(cat(subject.name, '/', subject.namespace_name)));
      break;
  }
  return out;
}

}  // namespace

Decision authorize_by_rbac(const token::UserInfo& user, const machinery::RequestInfo& request,
                           const Snapshot& snapshot) {
  Decision decision;
  token::ErrorTexts errors;
  const std::string_view namespace_name =
      request.is_resource ? std::string_view(request.namespace_name) : std::string_view();
  visit_bindings(user, namespace_name, snapshot, [&](const Bound& bound) {
    if (bound.role == nullptr) {
      errors.add(missing_role(bound));
      return true;
    }
    decision.allowed = std::ranges::any_of(
        bound.role->rules, [&](const PolicyRule& rule) { return covers(rule, request); });
    if (decision.allowed) decision.reason = why_allowed(bound, user);
    return !decision.allowed;
  });
  if (!decision.allowed && !errors.empty()) decision.reason = cat("RBAC: ", errors.text());
  return decision;
}

HeldRules rules_held(const token::UserInfo& user, std::string_view namespace_name,
                     const Snapshot& snapshot) {
  HeldRules held;
  visit_bindings(user, namespace_name, snapshot, [&](const Bound& bound) {
    if (bound.role == nullptr) {
      held.errors.add(missing_role(bound));
    } else {
      for (const auto& rule : bound.role->rules) held.rules.push_back(&rule);
    }
    return true;
  });
  return held;
}

}  // namespace signet::access
