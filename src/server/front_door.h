// The way of every request: who is it, may they, where does it go, and what every answer carries.
//
// Shape    one FrontDoor a loop. Paths that are no resources are in one table (routes()).
// Threads  its loop's.
// Source   api.md A.1; design.md, "How data flows".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "access/auditor.h"
#include "access/authenticator.h"
#include "access/authorizer.h"
#include "access/flow_control.h"
#include "base/random.h"
#include "base/task.h"
#include "identity/discovery_documents.h"
#include "identity/key_search.h"
#include "machinery/api.h"
#include "machinery/discovery.h"
#include "net/http.h"
#include "server/health.h"
#include "server/own_endpoints.h"
#include "telemetry/metrics.h"

namespace signet::server {

class FrontDoor {
 public:
  // All of it outlives the FrontDoor.
  struct Parts {
    access::Authenticator& authenticator;
    access::FlowControl& flow_control;
    access::Authorizer& authorizer;
    machinery::Api& api;
    const machinery::Discovery& discovery;
    identity::DiscoveryDocuments* documents;  // null: the issuer cannot have any
    const Health& health;
    const OwnEndpoints& own;
    telemetry::Registry& metrics;
    Random& random;
    access::Auditor* auditor = nullptr;  // null: nothing is audited
    // Null: our own keys sign, and there are no others to be found.
    identity::KeySearch* key_search = nullptr;
  };

  explicit FrontDoor(Parts parts);

  Task<net::Response> handle(net::Request request);

 private:
  // `audited` is null where nothing is.
  Task<net::Response> admit(net::Request request, std::shared_ptr<access::AuditedRequest> audited);
  access::RequestKind kind_of(const machinery::RequestInfo& info) const;
  // The caller becomes who they ask to be taken for; or what they hear instead.
  std::optional<net::Response> impersonate(net::Request& request, access::Caller& caller,
                                           access::AuditedRequest* audited,
                                           machinery::Format format);
  struct Call;
  // What waits its turn: everything from authorization on. The call outlives it.
  Task<net::Response> serve(Call* call);
  net::Response answer_path(const net::Request& request, const machinery::RequestInfo& info);
  void count(std::string_view verb, std::string_view resource, int status);

  Parts parts_;
  std::string paths_json_;  // what GET / lists, and what an unknown path is answered with
  // Handles by verb, resource and status, so that counting looks nothing up in the registry.
  std::map<std::string, telemetry::Counter, std::less<>> counters_;
  std::string counter_key_;
};

}  // namespace signet::server
