// Envoy's external authorization service over gRPC.
//
//   TRY(auto server, GrpcServer::start(options, {.checker = checker, ...}));
//   ...
//   server->stop(5s);
//
// Shape    the route is the `route` of the request's context_extensions, which Envoy's own
//          configuration sets and no client can. What is known is answered on the thread that read
//          it; what is not, when it is.
// Errors   conflict, invalid, unavailable: the address cannot be had.
// Limits   requests of 256 KiB, 1,000 at once on a connection.
// Threads  start(), stop() and the end from one; gRPC has its own. Answers that come later must
//          have come before the end: Checker::wait_until_idle().
// Source   envoy/service/auth/v3 external_auth.proto; verify.md C.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gate/assertion.h"
#include "gate/checker.h"
#include "gate/identity_headers.h"
#include "gate/listen.h"

namespace signet::gate {

// PEM files, read again when they change.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string client_ca;  // empty: peers are not asked for a certificate
};

class GrpcServer {
 public:
  struct Options {
    std::vector<Place> places;
    TlsFiles tls;  // no certificate: none
    unsigned unix_mode = 0600;
    std::string default_route;  // for requests that name none
    bool keep_authorization = false;
  };
  // Collaborators; all outlive this object.
  struct World {
    Checker& checker;
    const IdentityHeaders& names;
    Assertions* assertions;  // null: none are made
    const Clock& clock;
  };

  static Result<std::unique_ptr<GrpcServer>> start(Options options, World world);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // With the port that the kernel chose, in the order of Options.
  const std::vector<Place>& places() const;
  // Takes no more requests, answers those that run within `limit`, removes socket files.
  void stop(std::chrono::milliseconds limit);

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::gate
