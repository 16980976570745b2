// Everything that answers requests on one loop. Loops share only what is immutable or guarded.
//
// Threads  the loop's, after construction.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "access/admission.h"
#include "access/auditor.h"
#include "access/authenticator.h"
#include "access/authorizer.h"
#include "access/bootstrap_tokens.h"
#include "access/flow_control.h"
#include "access/service_account_tokens.h"
#include "access/token_file.h"
#include "identity/discovery_documents.h"
#include "identity/issuer.h"
#include "identity/key_manager.h"
#include "identity/key_ring_signer.h"
#include "identity/reviewer.h"
#include "identity/token_request.h"
#include "identity/token_review.h"
#include "machinery/api.h"
#include "machinery/discovery.h"
#include "oidc/configuration_file.h"
#include "oidc/tokens.h"
#include "server/front_door.h"
#include "server/health.h"
#include "server/options.h"
#include "server/own_endpoints.h"
#include "signer/external_signer.h"

namespace signet::server {

// What the loops have in common. Outlives them.
struct SharedServices {
  const Options& options;  // issuers, audiences and jwks_uri are filled in
  const machinery::Registry& registry;
  machinery::View& view;
  store::Store& store;
  identity::KeyManager& keys;
  const access::TokenFile* token_file;            // null: none
  const oidc::ConfigurationFile* authentication;  // null: none
  const machinery::Discovery& discovery;
  const Health& health;
  identity::Tracking token_uses;  // both are there
  telemetry::Registry& metrics;
  Clock& clock;
  Random& random;
  const access::AuditPolicy* audit_policy = nullptr;  // null: nothing is audited
  telemetry::AuditLog* audit_log = nullptr;           // there if the policy is
  signer::ExternalSigner* external_signer = nullptr;  // null: our own keys sign
};

class LoopServices {
 public:
  LoopServices(const SharedServices& shared, net::Loop& loop);

  FrontDoor& front_door() { return front_door_; }
  machinery::Api& api() { return api_; }
  // Ours, or the one we were told to leave it to.
  identity::TokenSigner& token_signer();
  access::FlowControl& flow_control() { return flow_control_; }

 private:
  machinery::ApiResult<void> authorize(const token::UserInfo& user,
                                       const machinery::RequestInfo& info);
  // In the order in which they are tried.
  std::vector<access::TokenAuthenticator*> token_authenticators(const SharedServices& shared);
  OwnEndpoints make_own_endpoints(const SharedServices& shared, net::Loop& loop);

  BufferedRandom random_;
  access::AdmissionChain admission_;
  machinery::Api api_;
  identity::Reviewer reviewer_;
  identity::KeyRingSigner own_signer_;
  std::unique_ptr<signer::RemoteTokenSigner> remote_signer_;  // null: our own keys sign
  identity::Issuer issuer_;
  identity::TokenRequests token_requests_;
  access::ServiceAccountTokens service_account_tokens_;
  std::optional<access::StaticTokens> static_tokens_;
  std::optional<access::BootstrapTokens> bootstrap_tokens_;
  std::optional<oidc::OidcTokens> oidc_tokens_;
  access::Authenticator authenticator_;
  access::FlowControl flow_control_;
  access::Authorizer authorizer_;
  identity::TokenReviews token_reviews_;
  std::optional<identity::DiscoveryDocuments> documents_;
  std::optional<access::Auditor> auditor_;
  OwnEndpoints own_endpoints_;
  FrontDoor front_door_;
};

}  // namespace signet::server
