// The token of an HTTP request, and what a refused one is answered.
//
//   const auto token = signet::bearer_token(request.header("Authorization"));
//   if (!token) return reply(401, signet::challenge(token.error()));
//   const auto caller = verifier.verify(*token, now);
//   if (!caller) return reply(signet::http_status(caller.error().refusal), ...);
//
// Shape    "Bearer", one space and a token; the scheme in any case. Give the value of the one
//          Authorization header; refuse a request that has several.
// Errors   NoBearer. A comma is malformed, so that two headers that a proxy joined stay two.
// Limits   none here: nothing is copied. TokenVerifier refuses what is over 16 KiB.
// Threads  pure.
// Source   RFC 6750 s2.1, s3; RFC 9110 s11.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "signet/export.h"
#include "signet/token_verifier.h"

namespace signet {

enum class NoBearer : std::uint8_t {
  absent = 1,     // no credential at all, or of another scheme
  malformed = 2,  // of this scheme, and not the shape of a token
};

// A view into `authorization`.
SIGNET_EXPORT std::expected<std::string_view, NoBearer> bearer_token(
    std::string_view authorization);

// 401; 503 for keys_unavailable: the token may be good, and its holder must keep it.
SIGNET_EXPORT int http_status(Refusal refusal);

// The value of WWW-Authenticate; empty unless the status is 401. It tells no caller which check
// failed.
SIGNET_EXPORT std::string_view challenge(NoBearer fault);
SIGNET_EXPORT std::string_view challenge(Refusal refusal);

}  // namespace signet
