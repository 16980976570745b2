// The sidecar as a whole: one relying party, the surfaces that ask it, and an operator's address.
//
//   TRY(auto gate, Gate::start(options, party, world));
//   ...
//   gate->stop();
//
// Shape    without TLS only on loopback and socket files, unless that was asked for by its name.
// Errors   start(): an address that cannot be had, a file that cannot be read, an option that makes
//          no sense, each in one sentence.
// Threads  start(), look() and stop() from one. One for each HTTP loop, one for the operator, and
//          gRPC's own.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "gate/checker.h"
#include "gate/grpc_server.h"
#include "gate/listen.h"
#include "party/relying_party.h"
#include "telemetry/metrics.h"
#include "verify/moment.h"

namespace signet::gate {

struct Options {
  std::vector<Place> grpc;
  std::vector<Place> http;
  std::vector<Place> admin;  // at most one
  TlsFiles tls;              // of grpc and http; the operator's has none
  bool insecure_without_tls = false;
  unsigned unix_mode = 0600;

  std::string header_prefix = "x-auth-";
  bool keep_authorization = false;
  std::string default_route;
  std::vector<std::string> trusted_peers;
  std::string assertion_issuer;  // empty: no assertions

  std::chrono::milliseconds deadline{150};
  unsigned loops = 0;  // 0: one a core
};

class Gate {
 public:
  // All outlive the gate; `party` is not drained or destroyed before it.
  struct World {
    party::RelyingParty& party;
    const verify::Moments& moments;
    const Clock& clock;
    Random& random;
    telemetry::Registry& metrics;
  };

  static Result<std::unique_ptr<Gate>> start(Options options, World world);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // As they are listened on: the kernel's choice where a port was 0.
  std::vector<Place> grpc_places() const;
  std::vector<Place> http_places() const;
  std::vector<Place> admin_places() const;

  // Takes up certificates that changed on disk; what cannot be read changes nothing and is logged.
  void look();
  // Takes no more requests and answers what is running. The operator's address goes last.
  void stop();

 private:
  struct Impl;
  explicit Gate(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::gate
