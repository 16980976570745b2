// Serves ExternalJWTSigner v1 on a Unix socket, so that an authority can leave signing to us.
//
//   TRY(auto server, GrpcServer::start({.socket = "/run/signer.sock"}, keys, clock));
//   ...
//   server->stop();
//
// Shape    whoever may connect to the socket may have anything signed that could be a token, so the
//          socket's mode is the access control: nobody but the owner, unless told otherwise.
//          A socket that a dead instance left is replaced; a living one keeps it (PATH.lock).
// Errors   conflict: another instance serves there; unavailable: the socket cannot be made.
// Limits   requests of 64 KiB, 64 at once on a connection, 1,024 in all; path of 107 bytes.
// Threads  start() and stop() from one, before others are made; gRPC has its own.
// Source   tokens.md 10.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "signer/signing_keys.h"

namespace signet::signer {

class GrpcServer {
 public:
  struct Options {
    std::string socket;
    mode_t mode = 0600;
    std::optional<gid_t> group;
    std::chrono::seconds refresh_hint{300};
    std::chrono::seconds longest_lifetime{std::chrono::days{365}};
  };

  static Result<std::unique_ptr<GrpcServer>> start(Options options, SigningKeys& keys,
                                                   const Clock& clock);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Answers what is running, for a moment, and removes the socket.
  void stop();

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::signer
