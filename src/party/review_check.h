// What a cluster's answer about a token means: who the caller is, and whether it agrees with what
// the token's signature vouches for.
//
// Threads  pure.
// Source   Kubernetes TokenReview; verify.md A.9, A.12 (42), K-1 101 to 104.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "party/caller.h"
#include "party/documents.h"
#include "party/refusal.h"
#include "party/reviews.h"
#include "party/token_check.h"

namespace signet::party {

// Of what was reviewed without a signature being checked here.
Result<CheckedToken, Refused> reviewed_caller(const ReviewYes& answer, const IssuerDocument& issuer,
                                              const std::vector<std::string>& asked,
                                              const OpenedToken& opened);

// `checked` as confirmed by the cluster: Method::both. claims_mismatch where the two differ in
// anything that both say.
Result<Caller, Refused> confirmed_caller(const ReviewYes& answer, const Caller& checked);

}  // namespace signet::party
