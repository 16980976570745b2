// What somebody asks to have signed: a service-account token's claims, or nothing of ours.
//
//   TRY_VOID(check_claims(request.claims, {.longest_lifetime = one_year}, clock.now()));
//
// Shape    base64url of one JSON object that says who it is for (`iss`, `sub`) and ends in time
//          (`exp`). The rest is the authority's business.
// Errors   invalid, in words that hold nothing of the claims.
// Limits   12 KiB decoded: more could be no token.
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace signet::signer {

Result<void> check_claims(std::string_view encoded, std::chrono::seconds longest_lifetime,
                          Instant now);

}  // namespace signet::signer
