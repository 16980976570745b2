#include "access/authorizer.h"

#include <algorithm>

#include "access/node_authorizer.h"
#include "access/rbac.h"
#include "base/cat.h"
#include "identity/discovery_documents.h"

namespace signet::access {
namespace {

bool reads_discovery(const machinery::RequestInfo& request) {
  return !request.is_resource && request.verb == "get" &&
         (request.path == identity::configuration_path || request.path == identity::jwks_path);
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

bool is_master(const token::UserInfo& user) {
  return std::ranges::find(user.groups, "system:masters") != user.groups.end();
}

Decision Authorizer::authorize(const token::UserInfo& user, const machinery::RequestInfo& request,
                               const machinery::Snapshot& snapshot) const {
  if (is_master(user)) return {.allowed = true, .reason = {}};
  if (options_.anonymous_discovery && reads_discovery(request)) {
    return {.allowed = true, .reason = {}};
  }
  auto by_node = authorize_node(user, request, snapshot);
  if (by_node.allowed) return by_node;
  auto by_rbac = authorize_by_rbac(user, request, snapshot);
  if (!by_rbac.allowed && !by_node.reason.empty()) {
    by_rbac.reason = by_rbac.reason.empty() ? std::move(by_node.reason)
                                            : cat(by_node.reason, '\n', by_rbac.reason);
  }
  return by_rbac;
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
