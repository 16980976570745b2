// Where a request carries a bearer token, and how it is taken off again.
//
//   auto bearer = bearer_text(request.header("authorization"));
//   if (bearer.token) ...
//
// Shape    "Authorization: Bearer T", or a subprotocol of a WebSocket whose client can set no
//          headers.
// Source   tokens.md 5.1; api.md I; RFC 6750 s2.1, RFC 6455 s11.3.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace signet::access {

// What "Authorization" (or the token of a review) holds after "Bearer ".
struct BearerText {
  std::optional<std::string_view> token;  // none: no bearer credential at all
  bool extra_space = false;               // two spaces: ignored, and worth a warning
};
BearerText bearer_text(std::string_view authorization);

// The token in base64url.bearer.authorization.k8s.io.TOKEN of a WebSocket's subprotocols; nothing
// when there is none.
Result<std::optional<std::string>> websocket_bearer(const net::Request& request);

// Takes every credential off the request, so that no handler can see, log or pass one on.
void strip_credentials(net::Request& request);

}  // namespace signet::access
