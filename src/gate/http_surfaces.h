// The surfaces that speak HTTP, each an answer made from what was judged.
//
// Shape    no body with an answer that lets in; nothing of any may be kept by a cache between us
//          and the proxy.
// Source   verify.md C.2 to C.4.
#pragma once

#include <string_view>

#include "gate/check_response.h"
#include "gate/checker.h"
#include "net/http.h"

namespace signet::gate {

// Envoy, ext_authz over HTTP: only 200 lets in; the reply's headers replace the request's where
// allowed_upstream_headers says so, and x-envoy-auth-headers-to-remove names what goes.
net::Response ext_authz_reply(const Answer& answer, const ReplyContext& context);

// nginx, auth_request: it knows 401 and 403, and makes a 500 of anything else. So `unavailable` is
// 403 for those who prefer a refusal they can tell apart by the header "error"; 0: the status as it
// is. Every identity header is there, the ones that nobody said empty, so that auth_request_set
// never keeps what the client sent.
net::Response auth_request_reply(const Answer& answer, const ReplyContext& context,
                                 int unavailable);

// Traefik and Caddy, forwardAuth: a reply that is no 2xx goes to the client as it is.
net::Response forward_auth_reply(const Answer& answer, const ReplyContext& context);

}  // namespace signet::gate
