// One token against one issuer's rules and the audiences of a route, in the words of this folder.
//
//   TRY(const auto opened, open_token(token));
//   TRY(auto unproven, check_unverified(opened, issuer, audiences, now));   // before any key is
//   TRY(auto caller, check_signed(std::move(unproven), issuer, key));       // looked for
//
// Shape    the checks themselves are verify/verifier.h.
// Threads  pure.
// Source   verify.md A.10 (the order), A.11.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jose/jws.h"
#include "party/caller.h"
#include "party/documents.h"
#include "party/refusal.h"
#include "verify/verifier.h"

namespace signet::party {

// Nothing of it is verified.
struct OpenedToken {
  jose::Jws jws;       // borrows the token
  std::string issuer;  // a hint: which issuer's rules to look at
};
Result<OpenedToken, Refused> open_token(std::string_view token);

// What a token names as its audiences, for routes that accept any. Empty where it names none.
std::vector<std::string> audiences_of(const OpenedToken& opened);

// Everything but the signature. Borrows `opened`.
Result<verify::UnprovenToken, Refused> check_unverified(const OpenedToken& opened,
                                                        const IssuerDocument& issuer,
                                                        const std::vector<std::string>& audiences,
                                                        Instant now);

struct CheckedToken {
  Caller caller;
  std::optional<UnixTime> not_before;
};
Result<CheckedToken, Refused> check_signed(verify::UnprovenToken unproven,
                                           const IssuerDocument& issuer,
                                           const jose::VerificationKey& key);

// Signatures that cost many times an RS256 one to check (verify.md A.3).
bool is_expensive(jose::Algorithm algorithm);

}  // namespace signet::party
