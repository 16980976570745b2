#include "node/token_manager.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "codec/go_quote.h"

namespace signet::node {
namespace {

using std::chrono::seconds;

constexpr seconds age_max = std::chrono::hours{24};
constexpr std::uint64_t jitter_bound_seconds = 10;

struct Lifetime {
  Instant issued_at;
  Instant refresh_after;  // strictly after, less the jitter
};

std::optional<Lifetime> lifetime_of(const IssuedToken& token) {
  if (!token.lifetime_seconds) return std::nullopt;
  const auto lifetime = *token.lifetime_seconds;
  const Instant issued_at = token.expires_at - seconds{lifetime};
  return Lifetime{
      .issued_at = issued_at,
      .refresh_after = std::min(issued_at + age_max, token.expires_at - seconds{lifetime / 5})};
}

TokenManager::Grant grant(std::shared_ptr<const IssuedToken> token) {
  std::optional<Instant> due_at;
  if (const auto lifetime = lifetime_of(*token)) {
    due_at = lifetime->refresh_after + std::chrono::nanoseconds{1};
  }
  return {.token = std::move(token), .due_at = due_at};
}

}  // namespace

std::string TokenRequest::key() const {
  std::string list = "[]string(nil)";
  if (!audiences.empty()) {
    list = "[]string{";
    for (const auto& audience : audiences) {
      if (list.back() != '{') list += ", ";
      list += codec::go_quote(audience);
    }
    list += '}';
  }
  return cat(codec::go_quote(account), '/', codec::go_quote(space), '/', list, '/',
             expiration_seconds, R"(/v1.BoundObjectReference{Kind:"Pod", APIVersion:"v1", Name:)",
             codec::go_quote(pod_name), ", UID:", codec::go_quote(pod_uid), '}');
}

std::shared_ptr<const IssuedToken> TokenManager::cached(const std::string& key, bool& due) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  const auto& token = found->second.token;
  const auto lifetime = lifetime_of(*token);
  if (lifetime) {
    const auto now = clock_.now();
    const seconds jitter{static_cast<std::int64_t>(uniform(random_, jitter_bound_seconds))};
    due = now > lifetime->refresh_after - jitter || now < lifetime->issued_at;
  } else {
    log::warn("a token without lifetime is never refreshed", {{"token", key}});
  }
  return token;
}

Error TokenManager::explain(Error error) {
  if (error.kind != ErrorKind::not_found) return error;
  const auto known = [&] {
    const std::scoped_lock lock(mutex_);
    return serves_tokens_;
  }();
  bool serves = known.value_or(true);
  if (!known) {
    const auto asked = source_.serves_tokens();
    if (!asked) return error;
    serves = *asked;
    const std::scoped_lock lock(mutex_);
    serves_tokens_ = serves;
  }
  if (!serves) error.message = "the API server does not have TokenRequest endpoints enabled";
  return error;
}

Result<TokenManager::Grant> TokenManager::get(const TokenRequest& request) {
  const auto key = request.key();
  bool due = false;
  auto old = cached(key, due);
  if (old && !due) return grant(std::move(old));

  auto fresh = source_.create_token(request);
  if (fresh) {
    auto token = std::make_shared<const IssuedToken>(*std::move(fresh));
    const std::scoped_lock lock(mutex_);
    entries_[key] = {.token = token, .pod_uid = request.pod_uid};
    return grant(std::move(token));
  }
  const auto error = explain(std::move(fresh).error());
  if (!old) return in_context("failed to fetch token", error);
  if (clock_.now() > old->expires_at) {
    return in_context(cat("token ", key, " expired and refresh failed"), error);
  }
  log::warn(cat("couldn't update token ", key), {{"error", error.message}});
  return grant(std::move(old));
}

void TokenManager::drop_expired() {
  const auto now = clock_.now();
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return now > entry.second.token->expires_at; });
}

void TokenManager::drop_pod(std::string_view pod_uid) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.pod_uid == pod_uid; });
}

std::size_t TokenManager::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace signet::node
