// The claims of a good token, for tests that change one thing about it.
//
//   auto claims = good_claims("https://issuer.example.test", whole_seconds(now));
//   claims.not_before = ...
//
// Shape    account web of the namespace demo, bound to the pod web-0; for "vault", for one hour
//          from `now` on.
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "token/claims.h"

namespace signet::token {

inline BoundClaims good_claims(std::string_view issuer, UnixTime now) {
  return {.audiences = {"vault"},
          .expires_at = now + std::chrono::hours(1),
          .issued_at = now,
          .not_before = now,
          .issuer = issuer,
          .id = "id",
          .subject = "system:serviceaccount:demo:web",
          .ns = "demo",
          .service_account = {.name = "web", .uid = "sa-uid"},
          .pod = ObjectRef{.name = "web-0", .uid = "pod-uid"}};
}

}  // namespace signet::token
