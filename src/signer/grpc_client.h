// A RemoteSigner over gRPC on a Unix socket.
//
//   TRY(auto remote, dial("/run/signer.sock", metrics));      // or "@name": the abstract namespace
//
// Shape    no TLS, authority `localhost`; a call waits until the socket answers or its deadline
//          passes, so that a signer may start after us and be restarted under us. Nothing of gRPC
//          is set up before the first dial().
// Errors   invalid: no path. Connecting is not tried here.
// Limits   messages of 4 MiB; a lost signer is tried again every 0.1 to 1 s. A call that is cut off
//          is made up to five times within its deadline, so that a signer may be restarted under
//          load.
// Source   tokens.md 10, 11 (apiserver_externaljwt_*).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "signer/remote_signer.h"
#include "telemetry/metrics.h"

namespace signet::signer {

Result<std::unique_ptr<RemoteSigner>> dial(const std::string& endpoint,
                                           telemetry::Registry& metrics);

}  // namespace signet::signer
