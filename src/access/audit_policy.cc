#include "access/audit_policy.h"

#include <algorithm>

namespace signet::access {
namespace {

bool contains(const std::vector<std::string>& texts, std::string_view wanted) {
  return std::ranges::find(texts, wanted) != texts.end();
}

// Without a "*" at its end a pattern stands for itself.
bool matches_path(std::string_view pattern, std::string_view path) {
  if (pattern == path) return true;
  return pattern.ends_with('*') && path.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool matches_resource(std::string_view pattern, const machinery::RequestInfo& request) {
  if (pattern == "*") return true;
  const auto slash = pattern.find('/');
  const auto resource = pattern.substr(0, slash);
  if (slash == std::string_view::npos) {
    return request.subresource.empty() && resource == request.resource;
  }
  const auto subresource = pattern.substr(slash + 1);
  // Kubernetes lets "pods/*" stand for pods as well as for what is below them.
  if (subresource == "*" && resource == request.resource) return true;
  return !request.subresource.empty() && subresource == request.subresource &&
         (resource == "*" || resource == request.resource);
}

}  // namespace

std::string_view to_string(AuditLevel level) {
  switch (level) {
    case AuditLevel::none:
      return "None";
    case AuditLevel::metadata:
      return "Metadata";
    case AuditLevel::request:
      return "Request";
    case AuditLevel::request_response:
      return "RequestResponse";
  }
  return "None";
}

std::string_view to_string(AuditStage stage) {
  switch (stage) {
    case AuditStage::request_received:
      return "RequestReceived";
    case AuditStage::response_started:
      return "ResponseStarted";
    case AuditStage::response_complete:
      return "ResponseComplete";
    case AuditStage::panic:
      return "Panic";
  }
  return "Panic";
}

bool AuditPolicy::matches(const Resources& rule, const machinery::RequestInfo& request) {
  if (rule.group != request.group) return false;
  if (rule.resources.empty()) return true;
  if (!rule.names.empty() && !contains(rule.names, request.name)) return false;
  return std::ranges::any_of(
      rule.resources, [&](std::string_view pattern) { return matches_resource(pattern, request); });
}

bool AuditPolicy::matches(const Rule& rule, const token::UserInfo* user,
                          const machinery::RequestInfo& request) {
  if (!rule.users.empty() && (user == nullptr || !contains(rule.users, user->username))) {
    return false;
  }
  if (!rule.groups.empty() &&
      (user == nullptr || std::ranges::none_of(user->groups, [&](std::string_view group) {
         return contains(rule.groups, group);
       }))) {
    return false;
  }
  if (!rule.verbs.empty() && !contains(rule.verbs, request.verb)) return false;
  if (!rule.namespaces.empty() || !rule.resources.empty()) {
    if (!request.is_resource) return false;
    if (!rule.namespaces.empty() && !contains(rule.namespaces, request.namespace_name)) {
      return false;
    }
    return rule.resources.empty() ||
           std::ranges::any_of(rule.resources, [&](const Resources& resources) {
             return matches(resources, request);
           });
  }
  if (rule.paths.empty()) return true;
  return !request.is_resource && std::ranges::any_of(rule.paths, [&](std::string_view pattern) {
    return matches_path(pattern, request.path);
  });
}

AuditDecision AuditPolicy::decide(const token::UserInfo* user,
                                  const machinery::RequestInfo& request) const {
  for (const auto& rule : rules_) {
    if (matches(rule, user, request)) return rule.decision;
  }
  return {};
}

}  // namespace signet::access
