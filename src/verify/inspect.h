// Says in plain words what a token claims, for a person who holds one. Nothing is verified.
//
//   TRY(auto seen, inspect(text, clock.now()));
//   std::cout << to_text(seen);                // or to_json(seen) for -o json
//
// Shape    every member of header and payload, with one sentence each where there is one to say;
//          times also relative to `now` ("expires in 52 minutes").
// Errors   invalid: not three parts of base64url with JSON objects in the first two.
// Limits   16 KiB. What the token says is printed escaped, so that it cannot drive a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"

namespace signet::verify {

enum class TokenKind : std::uint8_t {
  bound,   // a service-account token of the TokenRequest API
  legacy,  // one kept in a Secret
  other,
};
std::string_view to_string(TokenKind kind);

struct Remark {
  std::string name;     // "alg", "exp", "kubernetes.io.pod.name"
  std::string value;    // as JSON, escaped
  std::string meaning;  // one sentence; may be empty
};

struct Inspection {
  TokenKind kind = TokenKind::other;
  codec::Json header;
  codec::Json claims;
  std::vector<Remark> header_remarks;
  std::vector<Remark> claim_remarks;
  std::vector<std::string> weaknesses;  // of its kind, or of this very token
};

Result<Inspection> inspect(std::string_view compact, Instant now);

// "Not verified: ...": the sentence both renderings carry.
std::string_view unverified_warning();

std::string to_text(const Inspection& inspection);
codec::Json to_json(const Inspection& inspection);

// "in 52 minutes", "3 hours ago", "now".
std::string relative_time(UnixTime time, Instant now);

}  // namespace signet::verify
