#include "access/authenticator.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "token/error_text.h"

namespace signet::access {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

void add_group(token::UserInfo& user, std::string_view group) {
  if (std::ranges::find(user.groups, group) == user.groups.end()) user.groups.emplace_back(group);
}

token::UserInfo user_of(const net::PeerCertificate& peer) {
  return {.username = peer.common_name,
          .uid = {},
          .groups = peer.organizations,
          .extra = {{std::string(token::credential_id_key), {cat("X509SHA256=", peer.sha256)}}}};
}

}  // namespace

BearerText bearer_text(std::string_view authorization) {
  const auto text = trimmed(authorization);
  const auto space = text.find(' ');
  if (space == std::string_view::npos || !equal_ignoring_case(text.substr(0, space), "bearer")) {
    return {};
  }
  const auto rest = text.substr(space + 1);
  const auto token = rest.substr(0, rest.find(' '));
  if (token.empty()) return {.token = std::nullopt, .extra_space = true};
  return {.token = token, .extra_space = false};
}

Result<Caller> Authenticator::authenticate(const net::Request& request,
                                           const machinery::Snapshot& snapshot) {
  Caller caller;
  if (request.peer != nullptr && !request.peer->common_name.empty()) {
    caller.user = user_of(*request.peer);
    add_group(caller.user, token::authenticated_group);
    return caller;
  }
  const auto bearer = bearer_text(request.header("authorization"));
  if (bearer.token) {
    auto reviewed = reviewer_.review(*bearer.token, {}, snapshot, request.record);
    if (!reviewed) return fail(ErrorKind::unauthenticated, std::move(reviewed.error().text));
    caller.user = std::move(reviewed->user);
    add_group(caller.user, token::authenticated_group);
    return caller;
  }
  if (bearer.extra_space) {
    caller.warnings.emplace_back(
        "the provided Authorization header contains extra space before the bearer token, and is "
        "ignored");
  }
  if (!options_.anonymous) return fail(ErrorKind::unauthenticated, "no credentials");
  caller.user.username = token::anonymous_username;
  caller.user.groups.emplace_back(token::unauthenticated_group);
  return caller;
}

Result<identity::Reviewed, std::string> Authenticator::review(
    std::string_view text, std::span<const std::string> audiences,
    const machinery::Snapshot& snapshot) {
  token::ErrorTexts errors;
  errors.add(token::invalid_bearer_token);
  // A leading space would be no credential at all; kube-apiserver then reports the anonymous user
  // as authenticated, which nobody who asks about a token can mean.
  const auto header = cat("Bearer ", text);
  const auto bearer = bearer_text(header);
  if (!bearer.token) return std::unexpected(errors.text());
  auto reviewed = reviewer_.review(*bearer.token, audiences, snapshot);
  if (reviewed) return *std::move(reviewed);
  if (reviewed.error().reason != token::Reason::not_ours) errors.add(reviewed.error().text);
  return std::unexpected(errors.text());
}

}  // namespace signet::access
