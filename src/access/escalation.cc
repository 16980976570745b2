#include "access/escalation.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>

#include "access/rbac.h"
#include "access/rule.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/go_quote.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using codec::Json;
using kinds::PolicyRule;
using machinery::AdmissionRequest;
using machinery::ApiError;
using machinery::ApiResult;

// Together for all rules of a role.
constexpr AtomSize atoms_max{.count = 20'000, .bytes = std::size_t{4} << 20};
// What of the missing rules is told; whoever reads more looks at the role.
constexpr std::size_t told_bytes_max = std::size_t{64} << 10;

bool is_role(const AdmissionRequest& request) {
  return request.kind == &kinds::role || request.kind == &kinds::cluster_role;
}
bool is_binding(const AdmissionRequest& request) {
  return request.kind == &kinds::role_binding || request.kind == &kinds::cluster_role_binding;
}

bool equal_but_for(std::span<const std::string_view> names, const codec::JsonObject& left,
                   const codec::JsonObject& right) {
  const auto has_all_of = [&](const codec::JsonObject& one, const codec::JsonObject& other) {
    return std::ranges::all_of(one, [&](const auto& member) {
      if (std::ranges::find(names, std::string_view(member.key())) != names.end()) return true;
      const auto* found = other.if_contains(member.key());
      return found != nullptr && *found == member.value();
    });
  };
  return has_all_of(left, right) && has_all_of(right, left);
}

// What garbage collection changes it may change without asking.
bool changes_only_ownership(const AdmissionRequest& request) {
  constexpr std::array<std::string_view, 1> apart{"metadata"};
  constexpr std::array<std::string_view, 4> ownership{"ownerReferences", "finalizers",
                                                      "managedFields", "resourceVersion"};
  if (request.old_object == nullptr) return false;
  const auto& before = *request.old_object;
  const auto& after = *request.object;
  return equal_but_for(apart, before.as_object(), after.as_object()) &&
         equal_but_for(ownership, codec::object_at(before, "metadata"),
                       codec::object_at(after, "metadata"));
}

bool may(const AdmissionRequest& request, const AdmissionContext& context, std::string_view verb,
         const machinery::Kind& role_kind, std::string_view role) {
  machinery::RequestInfo info;
  info.is_resource = true;
  info.verb = verb;
  info.group = role_kind.group;
  info.version = role_kind.version;
  info.resource = role_kind.plural;
  info.name = role;
  info.namespace_name = request.namespace_name;
  return context.authorizer.authorize(*request.user, info, context.snapshot()).allowed;
}

bool holds(const HeldRules& held, const PolicyRule& atom) {
  return std::ranges::any_of(held.rules,
                             [&](const auto* rule) { return covers_atom(*rule, atom); });
}

// One rule that alone has everything spares looking at each combination.
bool covers_whole(const PolicyRule& held, const PolicyRule& asked) {
  const auto any = [](const std::vector<std::string>& texts) {
    return std::ranges::find(texts, "*") != texts.end();
  };
  if (!any(held.verbs)) return false;
  const bool resources = asked.resources.empty() || (any(held.api_groups) && any(held.resources) &&
                                                     held.resource_names.empty());
  return resources && (asked.non_resource_urls.empty() || any(held.non_resource_urls));
}

ApiResult<void> refuse_all(const AdmissionRequest& request, const HeldRules& held,
                           std::span<const PolicyRule> missing) {
  std::set<std::string> lines;
  for (const auto& rule : merged_by_verb(missing)) lines.insert(to_text(rule));
  std::string why = cat("user ", machinery::quoted(request.user->username),
                        " (groups=", codec::go_quote_list(request.user->groups),
                        ") is attempting to grant RBAC permissions not currently held:");
  for (const auto& line : lines) {
    if (why.size() + line.size() > told_bytes_max) {
      why += "\n...";
      break;
    }
    append(why, '\n', line);
  }
  if (!held.errors.empty()) {
    // A list of one error, which is a list itself when it stands for several.
    append(why, "; resolution errors: [", held.errors.text(), ']');
  }
  return deny(request, why);
}

// 403 unless the user holds all of `rules` in the namespace of the request.
ApiResult<void> confirm(const AdmissionRequest& request, const AdmissionContext& context,
                        std::span<const PolicyRule> rules) {
  const auto held = rules_held(*request.user, request.namespace_name, context.snapshot());
  std::vector<PolicyRule> missing;
  AtomSize looked_at;
  for (const auto& rule : rules) {
    if (std::ranges::any_of(held.rules,
                            [&](const auto* one) { return covers_whole(*one, rule); })) {
      continue;
    }
    const auto size = size_of_atoms(rule);
    if (size.count > atoms_max.count - looked_at.count ||
        size.bytes > atoms_max.bytes - looked_at.bytes) {
      return deny(request,
                  "its rules combine too many verbs, groups, resources and names to be "
                  "looked at one by one; only who holds everything may grant so many");
    }
    looked_at.count += size.count;
    looked_at.bytes += size.bytes;
    for (auto& atom : atoms_of(rule)) {
      if (!holds(held, atom)) missing.push_back(std::move(atom));
    }
  }
  return missing.empty() ? ApiResult<void>{} : refuse_all(request, held, missing);
}

bool aggregates(const Json* role) {
  const auto* rule = role == nullptr ? nullptr : codec::find(*role, "aggregationRule");
  return rule != nullptr && rule->is_object();
}

// What a role may gather by its aggregationRule is everything.
const std::vector<PolicyRule>& everything() {
  static const std::vector<PolicyRule> rules = {{.verbs = {"*"},
                                                 .api_groups = {"*"},
                                                 .resources = {"*"},
                                                 .resource_names = {},
                                                 .non_resource_urls = {}},
                                                {.verbs = {"*"},
                                                 .api_groups = {},
                                                 .resources = {},
                                                 .resource_names = {},
                                                 .non_resource_urls = {"*"}}};
  return rules;
}

ApiResult<void> check_role(const AdmissionRequest& request, const AdmissionContext& context) {
  // A create on the collection names nothing to the authorizer, here as before.
  const auto named = request.name_in_path ? request.name : std::string_view();
  if (may(request, context, "escalate", *request.kind, named)) return {};
  TRY_VOID(confirm(request, context, kinds::policy_rules(*request.object)));
  if (aggregates(request.object) || aggregates(request.old_object)) {
    TRY_VOID(confirm(request, context, everything()));
  }
  return {};
}

ApiResult<void> check_binding(const AdmissionRequest& request, const AdmissionContext& context) {
  const auto name = codec::string_at(*request.object, "roleRef.name");
  const auto kind = codec::string_at(*request.object, "roleRef.kind");
  // What else it may name is refused by validation.
  if (name.empty() || (kind != "Role" && kind != "ClusterRole")) return {};
  const auto& role_kind = kind == "Role" ? kinds::role : kinds::cluster_role;
  if (may(request, context, "bind", role_kind, name)) return {};
  const auto key =
      role_kind.namespaced() ? cat(request.namespace_name, '/', name) : std::string(name);
  const auto role = context.snapshot().find_shared(role_kind, key);
  if (role == nullptr) {
    return machinery::refuse(ApiError::not_found({role_kind.group, role_kind.plural}, name));
  }
  return confirm(request, context, role->compiled<kinds::CompiledRole>()->rules);
}

}  // namespace

ApiResult<void> prevent_escalation(const AdmissionRequest& request,
                                   const AdmissionContext& context) {
  if (request.object == nullptr || (!is_role(request) && !is_binding(request))) return {};
  // The server itself, and those who hold everything without a rule.
  if (request.user == nullptr || is_master(*request.user)) return {};
  if (changes_only_ownership(request)) return {};
  return is_role(request) ? check_role(request, context) : check_binding(request, context);
}

}  // namespace signet::access
