#include "access/authorizer.h"

#include <algorithm>

#include "access/bootstrap_policy.h"
#include "access/node_authorizer.h"
#include "base/cat.h"

namespace signet::access {
namespace {

bool in_any(const token::UserInfo& user, std::span<const std::string_view> groups) {
  return std::ranges::any_of(user.groups, [&](const std::string& group) {
    return std::ranges::find(groups, group) != groups.end();
  });
}

bool granted(const Grant& grant, const token::UserInfo& user,
             const machinery::RequestInfo& request) {
  return in_any(user, grant.groups) &&
         std::ranges::any_of(grant.rules, [&](const Rule& rule) { return covers(rule, request); });
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Decision Authorizer::authorize(const token::UserInfo& user, const machinery::RequestInfo& request,
                               const machinery::Snapshot& snapshot) const {
  for (const auto& grant : bootstrap_grants()) {
    if (granted(grant, user, request)) return {.allowed = true, .reason = {}};
  }
  if (options_.public_discovery && granted(public_discovery_grant(), user, request)) {
    return {.allowed = true, .reason = {}};
  }
  return authorize_node(user, request, snapshot);
}

machinery::ApiError forbidden(const token::UserInfo& user, const machinery::RequestInfo& request,
                              std::string_view reason) {
  std::string why = cat("User ", machinery::quoted(user.username), " cannot ", request.verb);
  if (!request.is_resource) {
    append(why, " path ", machinery::quoted(request.path));
    if (!reason.empty()) append(why, ": ", reason);
    return machinery::ApiError::forbidden_path(html_escaped(why));
  }
  const auto resource = request.subresource.empty()
                            ? request.resource
                            : cat(request.resource, '/', request.subresource);
  append(why, " resource ", machinery::quoted(resource), " in API group ",
         machinery::quoted(request.group));
  if (request.namespace_name.empty()) {
    why += " at the cluster scope";
  } else {
    append(why, " in the namespace ", machinery::quoted(request.namespace_name));
  }
  if (!reason.empty()) append(why, ": ", reason);
  return machinery::ApiError::forbidden({request.group, request.resource}, request.name,
                                        html_escaped(why));
}

}  // namespace signet::access
