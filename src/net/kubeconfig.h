// How to reach an authority, as a kubeconfig file says it.
//
// Errors   which part of the file is missing or cannot be used.
// Source   Kubernetes client configuration v1: the current context's cluster and user, with
//          certificate and token data or files. Plug-ins (exec) are not run.
#pragma once

#include <string>

#include "base/result.h"
#include "net/client.h"

namespace signet::net {

struct AuthorityAccess {
  std::string server;  // without a final slash
  std::string token;   // empty: none
  ClientOptions client;
};

Result<AuthorityAccess> load_kubeconfig(const std::string& path);

}  // namespace signet::net
