// The keys of a running authority, over HTTPS: what `signet keys` speaks.
//
//   GET  /signet/v1/keys           the list
//   POST /signet/v1/keys/rotate    {"algorithm":"ES256","rsaBits":3072,"replace":true,"now":true}
//   POST /signet/v1/keys/retire    {"kid":"...","now":true}
//
// Shape    every answer is the list as it is afterwards: {"keys":[{"kid","algorithm","state",
//          "since","signsFrom","verifiesUntil","why"}]}. All members of a request but `kid` may be
//          left out; a member that is none of these is refused.
// Errors   400, 404 and 409 with the sentence of identity/key_manager.h.
#pragma once

#include "identity/key_manager.h"
#include "net/loop.h"
#include "server/own_endpoints.h"

namespace signet::server {

// Both outlive `own`.
void add_key_endpoints(OwnEndpoints& own, identity::KeyManager& keys, net::Loop& loop);

}  // namespace signet::server
