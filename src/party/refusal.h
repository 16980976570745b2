// Why a caller is not let in: one word for whoever counts, one status for whoever asked.
//
//   reply(http_status(refused.reason), challenge(refused.reason), refused.retry_after);
//
// Shape    401: another token may do. 403: this caller may not. 503: nobody can know just now, and
//          the token may be good: a client must keep it. 429: too much at once.
// Errors   `detail` is for operators and says nothing of tokens or keys. What a client is told is
//          public_text().
// Source   verify.md A.11; RFC 6750 s3 (the challenge), RFC 9110 s10.2.3 (Retry-After).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signet::party {

// The enumerator is also the metric label and the word in a log line.
enum class Refusal : std::uint8_t {
  malformed,       // no token, or not the shape of one
  unsupported,     // an algorithm, header, type, age or kind of token that is not accepted here
  unknown_issuer,  // nobody whom this route believes
  bad_signature,
  unknown_key,  // the issuer publishes no such key
  expired,
  not_yet_valid,
  wrong_audience,
  claims_mismatch,     // the token contradicts itself, or what its cluster says of it
  revoked,             // its cluster says no: the pod, secret or account is gone
  forbidden,           // known, and not among those the route lets in; or there is no such route
  keys_unavailable,    // the issuer's keys cannot be had
  review_unavailable,  // its cluster cannot be asked
  overloaded,          // more than this program will do at once
};
inline constexpr std::size_t refusals = 14;

std::string_view to_string(Refusal reason);

// 401, 403, 429 or 503.
int http_status(Refusal reason);

// Value of WWW-Authenticate; empty unless the status is 401. A request without any credential gets
// a bare challenge, which is the business of whoever read the request.
std::string_view challenge(Refusal reason);

// A sentence that may be shown to anybody.
std::string_view public_text(Refusal reason);

struct Refused {
  Refusal reason = Refusal::malformed;
  std::string detail;
  // When to come back; 0 unless the status is 429 or 503.
  std::chrono::seconds retry_after{0};
};

}  // namespace signet::party
