// What roles and bindings say, read once: the compiled forms of the four kinds of RBAC, for access
// to decide by.
//
//   for (const auto& rule : role.compiled<kinds::CompiledRole>()->rules) ...
//   snapshot.for_each_indexed(kinds::role_binding, kinds::user_key("alice", "demo"), ...)
//
// Shape    bindings are indexed by the users and groups that they name and by their namespace; a
//          service account is the user that it is known as.
// Threads  immutable.
// Source   rbac.authorization.k8s.io/v1 PolicyRule, Subject, RoleRef.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/kind.h"

namespace signet::kinds {

struct PolicyRule {
  std::vector<std::string> verbs;
  std::vector<std::string> api_groups;
  std::vector<std::string> resources;  // "pods", "pods/log", "*/log", "*"
  std::vector<std::string> resource_names;
  std::vector<std::string> non_resource_urls;

  auto operator<=>(const PolicyRule&) const = default;
};

std::vector<PolicyRule> policy_rules(const codec::Json& role);

// The other way round, without what is empty.
codec::Json to_json(const std::vector<PolicyRule>& rules);

struct CompiledRole final : machinery::Compiled {
  std::vector<PolicyRule> rules;
  bool aggregates = false;  // has the rules of others: a ClusterRole with an aggregationRule
};

struct Subject {
  enum class Kind : std::uint8_t { user, group, service_account };
  Kind kind = Kind::user;
  std::string name;
  std::string namespace_name;  // of a service account
  std::string username;        // of a service account: system:serviceaccount:...
};

struct CompiledBinding final : machinery::Compiled {
  bool to_cluster_role = false;
  std::string role;
  std::vector<Subject> subjects;  // those of a known kind
};

// The index key under which bindings name a user or a group in a namespace; "" is the cluster.
std::string user_key(std::string_view username, std::string_view namespace_name);
std::string group_key(std::string_view group, std::string_view namespace_name);

// What Kind::compile and Kind::index are for roles and for bindings.
std::unique_ptr<const machinery::Compiled> compile_role(const codec::Json& role);
std::unique_ptr<const machinery::Compiled> compile_binding(const codec::Json& binding);
void index_binding(const codec::Json& binding, std::vector<std::string>& keys);
// Those that collect the rules of others are found by this.
inline constexpr std::string_view aggregates_key = "aggregates";
void index_cluster_role(const codec::Json& role, std::vector<std::string>& keys);

}  // namespace signet::kinds
