// `signet signer`: serves keys in the foreground until a signal comes or the token is lost.
//
// Shape    key files are looked at once a second. A token that stops signing ends the program with
//          code 1, because only a new process gets its module to start anew: a supervisor does
//          that, and the authority waits meanwhile.
// Threads  called once, from main(), before any other thread is made.
#pragma once

#include "base/clock.h"
#include "signer/grpc_server.h"
#include "signer/signing_keys.h"

namespace signet::signer {

struct ServeOptions {
  SigningKeys::Options keys;
  GrpcServer::Options server;
};

// The exit code.
int serve(ServeOptions options, const Clock& clock);

}  // namespace signet::signer
