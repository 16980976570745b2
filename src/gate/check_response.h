// An answer as Envoy's ext_authz filter reads it over gRPC.
//
//   fill(response, answer, {.names = headers, .lookalikes = inbound.lookalikes(), .now = now});
//
// Shape    allowed: every identity header set, whatever the request had; those that nobody said,
//          every look-alike and (unless kept) Authorization removed; metadata for other filters,
//          with `ttl_s` for one that remembers answers. Denied: status, challenge, Retry-After.
// Source   envoy/service/auth/v3; verify.md C.1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gate/checker.h"
#include "gate/identity_headers.h"

namespace envoy::service::auth::v3 {
class CheckResponse;
}

namespace signet::gate {

struct ReplyContext {
  const IdentityHeaders& names;
  const std::vector<std::string_view>& lookalikes;
  bool keep_authorization = false;
  UnixTime now;
  std::string_view assertion;  // empty: none is made
};

// Names of what is to be taken out of the request, in lower case: what the answer sets is not among
// them, because Envoy removes last.
std::vector<std::string> headers_to_remove(const std::vector<IdentityHeaders::Header>& set,
                                           const ReplyContext& context);

// The identity headers that say something, the assertion included.
std::vector<IdentityHeaders::Header> headers_to_set(const party::Caller& caller,
                                                    const ReplyContext& context);

void fill(envoy::service::auth::v3::CheckResponse& response, const Answer& answer,
          const ReplyContext& context);

}  // namespace signet::gate
