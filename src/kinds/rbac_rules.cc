#include "kinds/rbac_rules.h"

#include <optional>
#include <utility>

#include "base/cat.h"
#include "token/user_info.h"

namespace signet::kinds {
namespace {

using codec::Json;
using codec::string_at;

std::vector<std::string> texts(const Json& object, std::string_view name) {
  const auto& values = codec::array_at(object, name);
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const Json& value : values) {
    if (const auto* text = value.if_string()) out.emplace_back(text->data(), text->size());
  }
  return out;
}

// A service account without a namespace is one of the binding's own.
std::optional<Subject> read_subject(const Json& json, std::string_view binding_namespace) {
  const auto kind = string_at(json, "kind");
  Subject subject{.name = std::string(string_at(json, "name"))};
  if (kind == "Group") {
    subject.kind = Subject::Kind::group;
  } else if (kind == "ServiceAccount") {
    const auto named = string_at(json, "namespace");
    subject.kind = Subject::Kind::service_account;
    subject.namespace_name = named.empty() ? binding_namespace : named;
    if (subject.namespace_name.empty()) return std::nullopt;
    subject.username = token::service_account_username(subject.namespace_name, subject.name);
  } else if (kind != "User") {
    return std::nullopt;
  }
  return subject;
}

bool aggregates(const Json& role) {
  const auto* aggregation = codec::find(role, "aggregationRule");
  return aggregation != nullptr && aggregation->is_object();
}

std::string subject_key(char kind, std::string_view name, std::string_view namespace_name) {
  // The length says where the namespace ends: an access review may ask of one with any text.
  return cat(kind, namespace_name.size(), ' ', namespace_name, name);
}

}  // namespace

std::vector<PolicyRule> policy_rules(const Json& role) {
  const auto& rules = codec::array_at(role, "rules");
  std::vector<PolicyRule> out;
  out.reserve(rules.size());
  for (const Json& rule : rules) {
    out.push_back({.verbs = texts(rule, "verbs"),
                   .api_groups = texts(rule, "apiGroups"),
                   .resources = texts(rule, "resources"),
                   .resource_names = texts(rule, "resourceNames"),
                   .non_resource_urls = texts(rule, "nonResourceURLs")});
  }
  return out;
}

Json to_json(const std::vector<PolicyRule>& rules) {
  codec::JsonArray out;
  for (const auto& rule : rules) {
    codec::JsonObject json;
    const auto add = [&](std::string_view name, const std::vector<std::string>& values) {
      if (values.empty()) return;
      auto& array = json[name].emplace_array();
      for (const auto& value : values) array.emplace_back(value);
    };
    add("verbs", rule.verbs);
    add("apiGroups", rule.api_groups);
    add("resources", rule.resources);
    add("resourceNames", rule.resource_names);
    add("nonResourceURLs", rule.non_resource_urls);
    out.push_back(std::move(json));
  }
  return out;
}

std::string user_key(std::string_view username, std::string_view namespace_name) {
  return subject_key('u', username, namespace_name);
}

std::string group_key(std::string_view group, std::string_view namespace_name) {
  return subject_key('g', group, namespace_name);
}

std::unique_ptr<const machinery::Compiled> compile_role(const Json& role) {
  auto compiled = std::make_unique<CompiledRole>();
  compiled->rules = policy_rules(role);
  compiled->aggregates = aggregates(role);
  return compiled;
}

std::unique_ptr<const machinery::Compiled> compile_binding(const Json& binding) {
  auto compiled = std::make_unique<CompiledBinding>();
  compiled->to_cluster_role = string_at(binding, "roleRef.kind") == "ClusterRole";
  compiled->role = string_at(binding, "roleRef.name");
  const auto namespace_name = string_at(binding, "metadata.namespace");
  for (const Json& json : codec::array_at(binding, "subjects")) {
    if (auto subject = read_subject(json, namespace_name)) {
      compiled->subjects.push_back(*std::move(subject));
    }
  }
  return compiled;
}

void index_cluster_role(const Json& role, std::vector<std::string>& keys) {
  if (aggregates(role)) keys.emplace_back(aggregates_key);
}

void index_binding(const Json& binding, std::vector<std::string>& keys) {
  const auto namespace_name = string_at(binding, "metadata.namespace");
  for (const Json& json : codec::array_at(binding, "subjects")) {
    const auto subject = read_subject(json, namespace_name);
    if (!subject) continue;
    switch (subject->kind) {
      case Subject::Kind::user:
        keys.push_back(user_key(subject->name, namespace_name));
        break;
      case Subject::Kind::group:
        keys.push_back(group_key(subject->name, namespace_name));
        break;
      case Subject::Kind::service_account:
        keys.push_back(user_key(subject->username, namespace_name));
        break;
    }
  }
}

}  // namespace signet::kinds
