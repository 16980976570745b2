#include "gate/checker.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/log.h"
#include "crypto/digest.h"

namespace signet::gate {
namespace {

constexpr std::size_t results = 1 + party::refusals;
constexpr std::size_t allowed = 0;
constexpr std::size_t fingerprint_bytes = 8;
constexpr std::string_view counter_name = "signet_gate_checks_total";
constexpr std::string_view counter_help = "Requests judged, by who asked and what came of it.";

std::string_view result_name(std::size_t result) {
  return result == allowed ? "allowed" : to_string(static_cast<party::Refusal>(result - 1));
}

std::string random_key(Random& random) {
  std::string key(32, '\0');
  random.fill(std::as_writable_bytes(std::span(key)));
  return key;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 0xfU];
  }
  return text;
}

}  // namespace

std::string_view to_string(Surface surface) {
  switch (surface) {
    case Surface::ext_authz_grpc:
      return "ext_authz_grpc";
    case Surface::ext_authz_http:
      return "ext_authz_http";
    case Surface::auth_request:
      return "auth_request";
    case Surface::forward_auth:
      return "forward_auth";
    case Surface::token_review:
      return "token_review";
  }
  return "unknown";
}

std::string_view Denied::challenge() const {
  return without_credential ? "Bearer" : party::challenge(reason);
}

std::string_view Denied::text() const {
  return without_credential ? "a bearer token is needed" : party::public_text(reason);
}

Checker::Checker(Options options, World world)
    : options_(options),
      party_(world.party),
      moments_(world.moments),
      fingerprint_key_(random_key(world.random)) {
  counters_.reserve(surfaces * results);
  for (std::size_t surface = 0; surface < surfaces; ++surface) {
    for (std::size_t result = 0; result < results; ++result) {
      counters_.push_back(
          world.metrics.counter(counter_name, counter_help,
                                {{"surface", to_string(static_cast<Surface>(surface))},
                                 {"result", result_name(result)}}));
    }
  }
}

std::optional<Answer> Checker::check_now(const Question& question) {
  if (!question.token) {
    const bool absent = question.token.error() == NoToken::absent;
    return refuse(asked(question), {.reason = party::Refusal::malformed, .detail = {}}, absent);
  }
  auto verdict = party_.check_now({.token = *question.token, .route = question.route});
  if (!verdict) return std::nullopt;
  if (*verdict) {
    counter(question.surface, allowed).add();
    return **std::move(verdict);
  }
  return refuse(asked(question), verdict->error(), false);
}

void Checker::begin(const Question& question, Answered done) {
  if (!question.token) return done(*check_now(question));
  {
    const std::scoped_lock lock(mutex_);
    ++waiting_;
  }
  party_.check(
      {.token = *question.token, .route = question.route},
      moments_.now().steady + options_.deadline,
      [this, asked = asked(question), done = std::move(done)](party::Verdict verdict) mutable {
        done(finish(asked, std::move(verdict)));
        end_waiting();
      });
}

void Checker::end_waiting() {
  const std::scoped_lock lock(mutex_);
  if (--waiting_ == 0) idle_.notify_all();
}

void Checker::wait_until_idle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return waiting_ == 0; });
}

Checker::Asked Checker::asked(const Question& question) const {
  Asked asked{.surface = question.surface, .route = {}, .fingerprint = {}};
  if (!log::is_on(log::Level::info)) return asked;
  if (party_.has_route(question.route)) asked.route = question.route;
  if (question.token) {
    const auto digest = crypto::hmac_sha256(fingerprint_key_, *question.token);
    asked.fingerprint = hex(crypto::as_bytes(digest).substr(0, fingerprint_bytes));
  }
  return asked;
}

Answer Checker::finish(const Asked& asked, party::Verdict verdict) {
  if (!verdict) return refuse(asked, verdict.error(), false);
  counter(asked.surface, allowed).add();
  return *std::move(verdict);
}

Answer Checker::refuse(const Asked& asked, const party::Refused& refused, bool without_credential) {
  counter(asked.surface, 1 + static_cast<std::size_t>(refused.reason)).add();
  log::info("refused", {{"surface", to_string(asked.surface)},
                        {"route", asked.route},
                        {"reason", to_string(refused.reason)},
                        {"detail", refused.detail},
                        {"token", asked.fingerprint}});
  Denied denied{.reason = refused.reason,
                .retry_after = std::chrono::seconds{0},
                .without_credential = without_credential};
  if (denied.status() == 429 || denied.status() == 503) {
    denied.retry_after = std::max(refused.retry_after, std::chrono::seconds{1});
  }
  return std::unexpected(denied);
}

telemetry::Counter& Checker::counter(Surface surface, std::size_t result) {
  return counters_[(static_cast<std::size_t>(surface) * results) + result];
}

}  // namespace signet::gate
