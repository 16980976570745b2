#include "access/authenticator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "access/bearer.h"
#include "base/cat.h"
#include "base/try.h"
#include "token/error_text.h"

namespace signet::access {
namespace {

constexpr std::string_view extra_space_warning =
    "the provided Authorization header contains extra space before the bearer token, and is "
    "ignored";

// Which users `authenticated_user_requests` tells apart: as many as Kubernetes, so that no client
// can make metrics without end.
constexpr std::array<std::string_view, 7> counted_users{
    "admin",    "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default",
    "email_id", "other"};
constexpr std::size_t known_users = 5;

std::string_view counted_as(std::string_view username) {
  const auto known = std::span(counted_users).first(known_users);
  if (const auto found = std::ranges::find(known, username); found != known.end()) return *found;
  return username.contains('@') ? "email_id" : "other";
}

void add_authenticated(token::UserInfo& user) {
  const bool said = std::ranges::any_of(user.groups, [](const std::string& group) {
    return group == token::authenticated_group || group == token::unauthenticated_group;
  });
  if (!said && user.username != token::anonymous_username) {
    user.groups.emplace_back(token::authenticated_group);
  }
}

// Nothing for a certificate without a name.
Result<std::optional<token::UserInfo>> user_of(const net::PeerCertificate* peer) {
  if (peer == nullptr || peer->common_name.empty()) return std::nullopt;
  if (peer->uids.size() > 1) {
    return fail(ErrorKind::unauthenticated, "expected 1 UID, but found multiple");
  }
  if (peer->uids.size() == 1 && peer->uids.front().empty()) {
    return fail(ErrorKind::unauthenticated, "UID cannot be an empty string");
  }
  return token::UserInfo{
      .username = peer->common_name,
      .uid = peer->uids.empty() ? std::string() : peer->uids.front(),
      .groups = peer->organizations,
      .extra = {{std::string(token::credential_id_key), {cat("X509SHA256=", peer->sha256)}}}};
}

}  // namespace

Authenticator::Outcome::Outcome(telemetry::Registry& metrics, std::string_view result)
    : attempts(metrics.counter("authentication_attempts", "Requests by who they came from.",
                               {{"result", result}})),
      duration(metrics.histogram("authentication_duration_seconds",
                                 "How long it took to find out who a request came from.",
                                 telemetry::short_duration_buckets(), {{"result", result}})) {}

void Authenticator::Outcome::add(std::chrono::steady_clock::time_point since) {
  attempts.add();
  duration.observe_since(since);
}

Authenticator::Authenticator(std::vector<TokenAuthenticator*> tokens, Options options,
                             telemetry::Registry& metrics)
    : tokens_(std::move(tokens)),
      options_(std::move(options)),
      successes_(metrics, "success"),
      failures_(metrics, "failure"),
      errors_(metrics, "error") {
  for (const auto name : counted_users) {
    users_.emplace(name, metrics.counter("authenticated_user_requests",
                                         "Authenticated requests by user.", {{"username", name}}));
  }
}

Result<identity::Reviewed, std::vector<std::string>> Authenticator::try_each(
    std::string_view token, std::span<const std::string> audiences,
    const machinery::Snapshot& snapshot, const identity::TokenUse& use) {
  if (audiences.empty()) audiences = options_.api_audiences;
  std::vector<std::string> reasons;
  for (auto* const authenticator : tokens_) {
    auto verdict = authenticator->authenticate(token, audiences, snapshot, use);
    if (auto* reviewed = std::get_if<identity::Reviewed>(&verdict)) {
      add_authenticated(reviewed->user);
      return std::move(*reviewed);
    }
    if (auto* refused = std::get_if<Refused>(&verdict)) {
      reasons.push_back(std::move(refused->reason));
    }
  }
  return std::unexpected(std::move(reasons));
}

Result<Caller> Authenticator::authenticate(const net::Request& request, std::string_view path,
                                           const machinery::Snapshot& snapshot,
                                           MissingKey missing) {
  const auto start = std::chrono::steady_clock::now();
  const auto* keys = missing == MissingKey::look_for ? options_.later_keys : nullptr;
  const auto lacked = keys == nullptr ? 0 : keys->keys_lacked();
  Caller caller;
  auto user = identify(request, snapshot, caller.warnings);
  if (!user) {
    if (keys != nullptr && keys->keys_lacked() != lacked) {
      return fail(ErrorKind::unavailable, "the key of a token is not known");
    }
    errors_.add(start);
    return std::unexpected(std::move(user).error());
  }
  if (*user) {
    caller.user = **std::move(user);
  } else if (options_.anonymous.allows(path)) {
    caller.user.username = token::anonymous_username;
    caller.user.groups.emplace_back(token::unauthenticated_group);
    if (bearer_text(request.header("authorization")).extra_space) {
      caller.warnings.emplace_back(extra_space_warning);
    }
  } else {
    failures_.add(start);
    return fail(ErrorKind::unauthenticated, "no credentials");
  }
  successes_.add(start);
  users_.at(counted_as(caller.user.username)).add();
  return caller;
}

Result<std::optional<token::UserInfo>> Authenticator::identify(const net::Request& request,
                                                               const machinery::Snapshot& snapshot,
                                                               std::vector<std::string>& warnings) {
  // Whoever reads the other one would take the caller for somebody else.
  if (std::ranges::count(request.headers, "authorization",
                         &std::pair<std::string, std::string>::first) > 1) {
    return fail(ErrorKind::unauthenticated, "more than one Authorization header");
  }
  token::ErrorTexts errors;
  if (auto user = user_of(request.peer.get()); !user) {
    errors.add(user.error().message);
  } else if (*user) {
    add_authenticated(**user);
    return user;
  }
  const identity::TokenUse use{
      .record = request.record, .warnings = &warnings, .address = request.remote_address};
  const auto try_token = [&](std::string_view token) -> std::optional<token::UserInfo> {
    auto reviewed = try_each(token, {}, snapshot, use);
    if (reviewed) return std::move(reviewed->user);
    for (const auto& reason : reviewed.error()) errors.add(reason);
    if (reviewed.error().empty()) errors.add(token::invalid_bearer_token);
    return std::nullopt;
  };
  if (const auto bearer = bearer_text(request.header("authorization")); bearer.token) {
    if (auto user = try_token(*bearer.token)) return user;
  }
  if (const auto token = websocket_bearer(request); !token) {
    errors.add(token.error().message);
  } else if (*token) {
    if (auto user = try_token(**token)) return user;
  }
  if (!errors.empty()) return fail(ErrorKind::unauthenticated, errors.text());
  return std::nullopt;
}

Result<identity::Reviewed, std::string> Authenticator::review(
    std::string_view text, std::span<const std::string> audiences,
    const machinery::Snapshot& snapshot, const identity::Asker& asker) {
  token::ErrorTexts errors;
  errors.add(token::invalid_bearer_token);
  // A leading space would be no credential at all; kube-apiserver then reports the anonymous user
  // as authenticated, which nobody who asks about a token can mean.
  const auto header = cat("Bearer ", text);
  const auto bearer = bearer_text(header);
  if (!bearer.token) return std::unexpected(errors.text());
  auto reviewed = try_each(*bearer.token, audiences, snapshot,
                           {.address = asker.address, .reviewer = asker.username});
  if (reviewed) return *std::move(reviewed);
  for (const auto& reason : reviewed.error()) errors.add(reason);
  return std::unexpected(errors.text());
}

}  // namespace signet::access
