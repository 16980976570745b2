#include "server/loop_services.h"

#include <utility>

#include "access/access_review.h"
#include "control/actions.h"
#include "kinds/kinds.h"

namespace signet::server {
namespace {

std::optional<identity::DiscoveryDocuments> make_documents(const SharedServices& shared) {
  const auto& issuer = shared.options.issuers.front();
  if (identity::issuer_problem(issuer)) return std::nullopt;
  return identity::DiscoveryDocuments(issuer, shared.options.jwks_uri, shared.keys);
}

}  // namespace

LoopServices::LoopServices(const SharedServices& shared, net::Loop& loop)
    : random_(shared.random),
      admission_(shared.view, loop, random_, authorizer_),
      api_({.registry = shared.registry,
            .view = shared.view,
            .store = shared.store,
            .admission = admission_,
            .clock = shared.clock,
            .random = random_,
            .loop = loop}),
      reviewer_({.issuers = shared.options.issuers, .api_audiences = shared.options.api_audiences},
                shared.keys, shared.clock, shared.metrics),
      issuer_(shared.options.issuers.front(), shared.keys, shared.clock, random_),
      token_requests_({.api_audiences = shared.options.api_audiences,
                       .lifetime = {.maximum = shared.options.token_lifetime_max,
                                    .extend = shared.options.extend_tokens,
                                    .signer_maximum = std::nullopt}},
                      issuer_, api_, shared.metrics),
      service_account_tokens_(reviewer_),
      authenticator_(token_authenticators(shared),
                     {.anonymous = {.enabled = shared.options.anonymous, .paths = {}},
                      .api_audiences = shared.options.api_audiences},
                     shared.metrics),
      authorizer_({.public_discovery = shared.options.public_discovery}),
      token_reviews_([this](std::string_view token, std::span<const std::string> audiences) {
        return authenticator_.review(token, audiences, api_.snapshot());
      }),
      documents_(make_documents(shared)),
      front_door_({.authenticator = authenticator_,
                   .authorizer = authorizer_,
                   .api = api_,
                   .discovery = shared.discovery,
                   .documents = documents_ ? &*documents_ : nullptr,
                   .health = shared.health,
                   .metrics = shared.metrics,
                   .random = random_}) {
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
  return all;
}

}  // namespace signet::server
