// The words of HTTP that both versions share: reason phrases, dates, what may stand in a header.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace signet::net {

// "Not Found" for 404; "Status" for a number without a name.
std::string_view reason_phrase(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 s5.6.7).
std::string http_date(std::chrono::sys_seconds when);

// What a client is told with a 504 when a handler took too long.
inline constexpr std::string_view request_took_too_long =
    "request did not complete within the allotted timeout";

// With a 429: what bodies may hold together is used up.
inline constexpr std::string_view too_many_requests = "Too many requests, please try again later.";

// RFC 9110 s5.5, s5.6.2. What fails these would let a value write its own header lines.
bool is_token(std::string_view name);
bool is_field_value(std::string_view value);

// Whether a response of that status has no body at all (RFC 9110 s6.4.1).
bool is_bodyless(int status);

// Takes the request target apart: origin-form, absolute-form, or "*" with OPTIONS (RFC 9112 s3.2).
struct Target {
  std::string_view path;
  std::string_view query;
};
bool split_target(std::string_view method, std::string_view target, Target& out);

}  // namespace signet::net
