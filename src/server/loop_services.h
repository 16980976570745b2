// Everything that answers requests on one loop. Loops share only what is immutable or guarded.
//
// Threads  the loop's, after construction.
#pragma once

#include <optional>

#include "access/admission.h"
#include "access/authenticator.h"
#include "access/authorizer.h"
#include "access/flow_control.h"
#include "identity/discovery_documents.h"
#include "identity/issuer.h"
#include "identity/key_ring.h"
#include "identity/reviewer.h"
#include "identity/token_request.h"
#include "identity/token_review.h"
#include "machinery/api.h"
#include "machinery/discovery.h"
#include "server/front_door.h"
#include "server/health.h"
#include "server/options.h"

namespace signet::server {

// What the loops have in common. Outlives them.
struct SharedServices {
  const Options& options;  // issuers, audiences and jwks_uri are filled in
  const machinery::Registry& registry;
  machinery::View& view;
  store::Store& store;
  const identity::KeyRing& keys;
  const machinery::Discovery& discovery;
  const Health& health;
  telemetry::Registry& metrics;
  Clock& clock;
  Random& random;
};

class LoopServices {
 public:
  LoopServices(const SharedServices& shared, net::Loop& loop);

  FrontDoor& front_door() { return front_door_; }
  machinery::Api& api() { return api_; }
  access::FlowControl& flow_control() { return flow_control_; }

 private:
  BufferedRandom random_;
  access::AdmissionChain admission_;
  machinery::Api api_;
  identity::Reviewer reviewer_;
  identity::Issuer issuer_;
  identity::TokenRequests token_requests_;
  access::Authenticator authenticator_;
  access::FlowControl flow_control_;
  access::Authorizer authorizer_;
  identity::TokenReviews token_reviews_;
  std::optional<identity::DiscoveryDocuments> documents_;
  FrontDoor front_door_;
};

}  // namespace signet::server
