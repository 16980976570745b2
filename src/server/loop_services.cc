#include "server/loop_services.h"

#include <algorithm>
#include <utility>

#include "access/access_review.h"
#include "control/actions.h"
#include "kinds/kinds.h"
#include "server/key_endpoints.h"
#include "server/token_report.h"

namespace signet::server {
namespace {

std::optional<identity::DiscoveryDocuments> make_documents(const SharedServices& shared) {
  const auto& issuer = shared.options.issuers.front();
  if (identity::issuer_problem(issuer)) return std::nullopt;
  return identity::DiscoveryDocuments(issuer, shared.options.jwks_uri, shared.keys.ring(),
                                      shared.clock);
}

std::optional<access::Auditor> make_auditor(const SharedServices& shared, net::Loop& loop) {
  if (shared.audit_policy == nullptr) return std::nullopt;
  return access::Auditor({.policy = *shared.audit_policy,
                          .log = *shared.audit_log,
                          .registry = shared.registry,
                          .clock = shared.clock,
                          .loop = loop,
                          .metrics = shared.metrics});
}

std::unique_ptr<signer::RemoteTokenSigner> make_remote_signer(const SharedServices& shared,
                                                              net::Loop& loop) {
  if (shared.external_signer == nullptr) return nullptr;
  return shared.external_signer->make_signer(loop);
}

token::LifetimePolicy lifetime_policy(const SharedServices& shared) {
  token::LifetimePolicy policy{.maximum = shared.options.token_lifetime_max,
                               .extend = shared.options.extend_tokens,
                               .signer_maximum = std::nullopt};
  if (shared.external_signer != nullptr) {
    policy.signer_maximum = shared.external_signer->longest_lifetime();
    if (!policy.maximum) policy.maximum = policy.signer_maximum;
  }
  return policy;
}

// The file decides where it says anything.
access::AnonymousAccess anonymous_access(const SharedServices& shared) {
  if (shared.authentication != nullptr && shared.authentication->anonymous()) {
    return *shared.authentication->anonymous();
  }
  return {.enabled = shared.options.anonymous, .paths = {}};
}

// Limits are of the process; every loop has its part of them.
access::FlowControl::Options flow_options(const Options& options) {
  const auto loops = std::max<std::size_t>(options.loops, 1);
  const auto part = [loops](std::size_t whole) { return (whole + loops - 1) / loops; };
  return {.reads_max = part(options.requests_in_flight_max),
          .mutating_max = part(options.mutating_in_flight_max),
          .user_queue_max = options.user_queue_max,
          .user_watches_max = options.user_watches_max};
}

}  // namespace

LoopServices::LoopServices(const SharedServices& shared, net::Loop& loop)
    : random_(shared.random),
      admission_(shared.view, loop, random_, authorizer_,
                 shared.options.legacy_tokens == LegacyTokens::automatic
                     ? access::PodToken::from_secret
                     : access::PodToken::projected),
      api_({.registry = shared.registry,
            .view = shared.view,
            .store = shared.store,
            .admission = admission_,
            .clock = shared.clock,
            .random = random_,
            .loop = loop,
            .may = [this](const auto& user, const auto& info) { return authorize(user, info); }}),
      reviewer_({.issuers = shared.options.issuers,
                 .api_audiences = shared.options.api_audiences,
                 .legacy_lookup = shared.options.legacy_token_lookup ? token::Lookup::live
                                                                     : token::Lookup::claims_only},
                shared.keys.ring(), shared.clock, shared.metrics, shared.token_uses),
      own_signer_(shared.keys.ring(), loop),
      remote_signer_(make_remote_signer(shared, loop)),
      issuer_(shared.options.issuers.front(), token_signer(), shared.clock, random_),
      token_requests_(
          {.api_audiences = shared.options.api_audiences, .lifetime = lifetime_policy(shared)},
          issuer_, api_, shared.metrics),
      service_account_tokens_(reviewer_),
      authenticator_(token_authenticators(shared),
                     {.anonymous = anonymous_access(shared),
                      .api_audiences = shared.options.api_audiences,
                      .later_keys = remote_signer_ == nullptr ? nullptr : &reviewer_},
                     shared.metrics),
      flow_control_(flow_options(shared.options), loop, shared.metrics),
      authorizer_({.anonymous_discovery = shared.options.anonymous_discovery}),
      token_reviews_(
          [this](std::string_view token, std::span<const std::string> audiences,
                 const identity::Asker& asker) {
            return authenticator_.review(token, audiences, api_.snapshot(), asker);
          },
          {.reviewer = &reviewer_, .search = remote_signer_.get()}),
      documents_(make_documents(shared)),
      auditor_(make_auditor(shared, loop)),
      own_endpoints_(make_own_endpoints(shared, loop)),
      front_door_({.authenticator = authenticator_,
                   .flow_control = flow_control_,
                   .authorizer = authorizer_,
                   .api = api_,
                   .discovery = shared.discovery,
                   .documents = documents_ ? &*documents_ : nullptr,
                   .health = shared.health,
                   .own = own_endpoints_,
                   .metrics = shared.metrics,
                   .random = random_,
                   .auditor = auditor_ ? &*auditor_ : nullptr,
                   .key_search = remote_signer_.get()}) {
  control::add_actions(api_);
  access::add_access_reviews(api_, authorizer_);
  api_.add_action(kinds::service_account, "token", [this](machinery::ActionRequest request) {
    return token_requests_.handle(std::move(request));
  });
  api_.add_action(kinds::token_review, "", [this](machinery::ActionRequest request) {
    return token_reviews_.review(std::move(request));
  });
  api_.add_action(kinds::self_subject_review, "",
                  [&clock = shared.clock](machinery::ActionRequest request) {
                    return identity::review_self(std::move(request), whole_seconds(clock.now()));
                  });
}

machinery::ApiResult<void> LoopServices::authorize(const token::UserInfo& user,
                                                   const machinery::RequestInfo& info) {
  const auto decision = authorizer_.authorize(user, info, api_.snapshot());
  if (decision.allowed) return {};
  return machinery::refuse(access::forbidden(user, info, decision.reason));
}

identity::TokenSigner& LoopServices::token_signer() {
  if (remote_signer_ != nullptr) return *remote_signer_;
  return own_signer_;
}

std::vector<access::TokenAuthenticator*> LoopServices::token_authenticators(
    const SharedServices& shared) {
  const auto& audiences = shared.options.api_audiences;
  std::vector<access::TokenAuthenticator*> all;
  if (shared.token_file != nullptr) {
    all.push_back(&static_tokens_.emplace(*shared.token_file, audiences));
  }
  all.push_back(&service_account_tokens_);
  if (shared.options.bootstrap_tokens) {
    all.push_back(&bootstrap_tokens_.emplace(shared.clock, audiences));
  }
  if (shared.authentication != nullptr) {
    all.push_back(
        &oidc_tokens_.emplace(shared.authentication->authenticators(), shared.clock, audiences));
  }
  return all;
}

// Each feature adds its own.
OwnEndpoints LoopServices::make_own_endpoints(const SharedServices& shared, net::Loop& loop) {
  OwnEndpoints own;
  add_key_endpoints(own, shared.keys, loop);
  add_token_report(own, *shared.token_uses.ledger, shared.clock);
  return own;
}

}  // namespace signet::server
