// Which surface a path belongs to, and who answers it.
//
//   const HttpFront front(options, world);          // one for all loops
//   listen(..., {{&loop, front.handler(loop)}});
//
//   /v1/ext_authz/ROUTE/...                 Envoy (path_prefix), any method
//   /v1/auth_request/ROUTE?unavailable=403  nginx
//   /v1/forward_auth/ROUTE                  Traefik, Caddy
//   /v1/forward_auth                        the same; the route is the first segment of
//                                           X-Forwarded-Uri, believed from trusted peers only
//   /v1/token_review/ROUTE[/subject]        POST, a webhook's TokenReview
//   /apis/authentication.k8s.io/v1/tokenreviews   POST, for the default route
//   /v1/assertion/jwks                      GET, the keys of assertions
//
// Errors   404 for another path, 405 for another method, 400 for a review that is none.
// Threads  immutable; each loop answers on itself.
// Source   verify.md C.2 to C.5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gate/assertion.h"
#include "gate/check_response.h"
#include "gate/checker.h"
#include "gate/token_review.h"
#include "net/http.h"
#include "net/loop.h"

namespace signet::gate {

class HttpFront {
 public:
  struct Options {
    std::string default_route;
    bool keep_authorization = false;
    // Only peers with a certificate are answered; the server asks for it.
    bool peers_need_certificate = false;
    // Addresses of proxies whose X-Forwarded-Uri is believed; who comes through a socket file is.
    std::vector<std::string> trusted_peers;
  };
  // Collaborators; all outlive this object.
  struct World {
    Checker& checker;
    const IdentityHeaders& names;
    Assertions* assertions;  // null: none are made
    const Clock& clock;
  };

  HttpFront(Options options, World world) : options_(std::move(options)), world_(world) {}

  net::Handler handler(net::Loop& loop) const;
  // What net itself refuses, in the form of our refusals.
  static net::Response error_reply(int status, std::string_view message);

 private:
  Task<net::Response> answer(net::Request request, net::Loop* loop) const;
  Task<net::Response> judge(Surface surface, std::string route, net::Request request,
                            net::Loop* loop) const;
  Task<net::Response> forward_auth(std::string_view rest, net::Request request,
                                   net::Loop* loop) const;
  struct ReviewPath {
    Username username = Username::service_account;
    int status = 200;
    std::string_view version;  // of TokenReview, where the path names one
  };
  Task<net::Response> review(std::string route, ReviewPath path, net::Request request,
                             net::Loop* loop) const;
  Task<Answer> ask(Question question, net::Loop* loop) const;
  Inbound read(Surface surface, const net::Request& request) const;
  net::Response reply(Surface surface, const net::Request& request, const Inbound& inbound,
                      std::string_view route, const Answer& answer) const;
  bool trusts(std::string_view remote_address) const;

  Options options_;
  World world_;
};

}  // namespace signet::gate
