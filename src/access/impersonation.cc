#include "access/impersonation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "codec/form.h"
#include "codec/go_quote.h"

namespace signet::access {
namespace {

constexpr std::string_view prefix = "impersonate-";
constexpr std::string_view user_header = "impersonate-user";
constexpr std::string_view group_header = "impersonate-group";
constexpr std::string_view uid_header = "impersonate-uid";
constexpr std::string_view extra_prefix = "impersonate-extra-";
constexpr std::string_view authentication_group = "authentication.k8s.io";

// What one header asks for, with the words of the ObjectReference that Kubernetes makes of it.
struct Act {
  std::string_view kind;  // User, ServiceAccount, Group, UserExtra, UID
  std::string ns;
  std::string name;
  std::string extra_key;

  bool of_authentication() const { return kind == "UserExtra" || kind == "UID"; }
};

// Kubernetes keeps a key that does not decode as it came.
std::string extra_key(std::string_view encoded) {
  auto decoded = codec::percent_decode(encoded);
  return decoded ? *std::move(decoded) : std::string(encoded);
}

Act user_act(std::string_view username) {
  if (const auto account = token::parse_service_account_username(username)) {
    return {.kind = "ServiceAccount",
            .ns = std::string(account->ns),
            .name = std::string(account->name),
            .extra_key = {}};
  }
  return {.kind = "User", .ns = {}, .name = std::string(username), .extra_key = {}};
}

// In Kubernetes' order: user, groups, extra, uid.
std::vector<Act> acts_of(const net::Request& request) {
  std::vector<Act> acts;
  if (const auto user = request.header(user_header); !user.empty()) acts.push_back(user_act(user));
  for (const auto& [name, value] : request.headers) {
    if (name == group_header) {
      acts.push_back({.kind = "Group", .ns = {}, .name = value, .extra_key = {}});
    }
  }
  for (const auto& [name, value] : request.headers) {
    if (!name.starts_with(extra_prefix)) continue;
    acts.push_back({.kind = "UserExtra",
                    .ns = {},
                    .name = value,
                    .extra_key = extra_key(std::string_view(name).substr(extra_prefix.size()))});
  }
  if (const auto uid = request.header(uid_header); !uid.empty()) {
    acts.push_back({.kind = "UID", .ns = {}, .name = std::string(uid), .extra_key = {}});
  }
  return acts;
}

machinery::RequestInfo attributes(const Act& act) {
  machinery::RequestInfo info;
  info.is_resource = true;
  info.verb = "impersonate";
  info.name = act.name;
  info.namespace_name = act.ns;
  info.version = "v1";
  if (act.of_authentication()) info.group = authentication_group;
  if (act.kind == "User") info.resource = "users";
  if (act.kind == "ServiceAccount") info.resource = "serviceaccounts";
  if (act.kind == "Group") info.resource = "groups";
  if (act.kind == "UID") info.resource = "uids";
  if (act.kind == "UserExtra") {
    info.resource = "userextras";
    info.subresource = act.extra_key;
  }
  return info;
}

// Go's %v of the ObjectReferences, whose seven members a space separates.
std::string in_go(const std::vector<Act>& acts) {
  std::string text = "[";
  for (const auto& act : acts) {
    append(text, text.size() == 1 ? "{" : " {", act.kind, " ", act.ns, " ", act.name, "  ",
           act.of_authentication() ? cat(authentication_group, "/v1") : std::string(), "  ",
           act.extra_key, "}");
  }
  return text += "]";
}

PlainRefusal plain(int status, const net::Request& request, std::string_view why) {
  const auto target = request.query.empty() ? request.path : cat(request.path, '?', request.query);
  const auto title = status == 500 ? "Internal Server Error: " : "Bad Request: ";
  return {.status = status,
          .text = html_escaped(cat(title, codec::go_quote(target), ": ", why, "\n"))};
}

bool is_impersonation(const std::pair<std::string, std::string>& header) {
  return std::string_view(header.first).starts_with(prefix);
}

// Kubernetes passes over an empty user and over names it does not know, and so answers a proxy that
// meant somebody else with the proxy's own rights; and it takes the first of two users, although
// somebody in front of it may have checked the other.
std::optional<PlainRefusal> problem(const net::Request& request, const std::vector<Act>& acts) {
  for (const auto& [name, value] : request.headers) {
    const auto known = name == user_header || name == group_header || name == uid_header ||
                       name.starts_with(extra_prefix);
    if (name.starts_with(prefix) && !known) {
      return plain(400, request, cat("unknown header ", codec::go_quote(name)));
    }
    if (name == user_header && value.empty()) return plain(400, request, "empty impersonate-user");
  }
  for (const auto name : {user_header, uid_header}) {
    const auto count =
        std::ranges::count(request.headers, name, &std::pair<std::string, std::string>::first);
    if (count > 1) return plain(400, request, cat("more than one ", name));
  }
  const bool user =
      !acts.empty() && (acts.front().kind == "User" || acts.front().kind == "ServiceAccount");
  if (user) return std::nullopt;
  return plain(500, request, cat("requested ", in_go(acts), " without impersonating a user"));
}

void add_groups_that_go_without_saying(token::UserInfo& user) {
  const auto in = [&](std::string_view group) {
    return std::ranges::find(user.groups, group) != user.groups.end();
  };
  if (user.username == token::anonymous_username) {
    if (!in(token::unauthenticated_group)) user.groups.emplace_back(token::unauthenticated_group);
  } else if (!in(token::authenticated_group) && !in(token::unauthenticated_group)) {
    user.groups.emplace_back(token::authenticated_group);
  }
}

// Groups that the headers name replace those that a service account has by itself.
token::UserInfo user_of(std::vector<Act> acts) {
  token::UserInfo user;
  for (auto& act : acts) {
    if (act.kind == "User") user.username = std::move(act.name);
    if (act.kind == "Group") user.groups.push_back(std::move(act.name));
    if (act.kind == "UserExtra") {
      user.extra[std::move(act.extra_key)].push_back(std::move(act.name));
    }
    if (act.kind == "UID") user.uid = std::move(act.name);
    if (act.kind == "ServiceAccount") {
      user.username = token::service_account_username(act.ns, act.name);
      const bool groups_given =
          std::ranges::any_of(acts, [](const Act& other) { return other.kind == "Group"; });
      if (!groups_given) user.groups = token::service_account_groups(act.ns);
    }
  }
  add_groups_that_go_without_saying(user);
  return user;
}

}  // namespace

Result<std::optional<token::UserInfo>, ImpersonationRefusal> impersonate(
    net::Request& request, const token::UserInfo& caller, const MayImpersonate& may) {
  if (std::ranges::none_of(request.headers, is_impersonation)) return std::nullopt;
  auto acts = acts_of(request);
  if (auto wrong = problem(request, acts)) return std::unexpected(*std::move(wrong));
  for (const auto& act : acts) {
    const auto asked = attributes(act);
    if (const auto decision = may(asked); !decision.allowed) {
      return std::unexpected(forbidden(caller, asked, decision.reason));
    }
  }
  std::erase_if(request.headers, is_impersonation);
  return user_of(std::move(acts));
}

}  // namespace signet::access
