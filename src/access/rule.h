// Whether a rule of a role covers a request, and whether some rules cover all that others do.
//
//   if (covers(rule, request)) ...
//
// Shape    "*" in verbs, groups or resources stands for any, "*/log" for that subresource of any; a
//          path may end in "*". "pods" does not cover "pods/log", and "pods/*" nothing but itself.
// Threads  pure.
// Source   Kubernetes RBAC (api.md H.2, H.4).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kinds/rbac_rules.h"
#include "machinery/request_info.h"

namespace signet::access {

bool covers(const kinds::PolicyRule& rule, const machinery::RequestInfo& request);

// As covers(), where `asked` has one verb, and one group and resource or one path, and at most one
// name: an atom of atoms_of().
bool covers_atom(const kinds::PolicyRule& held, const kinds::PolicyRule& asked);

// What atoms_of() would make: one atom for each combination of what the rule lists, and the bytes
// of all their texts. A few hundred bytes of a rule can be billions of both.
struct AtomSize {
  std::size_t count = 0;
  std::size_t bytes = 0;
};
AtomSize size_of_atoms(const kinds::PolicyRule& rule);
std::vector<kinds::PolicyRule> atoms_of(const kinds::PolicyRule& rule);

// The atoms with those put together that differ by their verb alone.
std::vector<kinds::PolicyRule> merged_by_verb(std::span<const kinds::PolicyRule> atoms);

// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`
std::string to_text(const kinds::PolicyRule& rule);

}  // namespace signet::access
