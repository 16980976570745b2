// Which key sets a list of issuers needs: the sources checked, those of one issuer and those that
// ask for the same thing put together.
//
//   auto plan = plan_sources(std::move(sources));
//   if (!plan) return explain(plan.error());       // every wrong source, not just the first
//
// Shape    two entries of one issuer, or of several with one `jwks_uri`, share a key set when they
//          ask for it in the same way: the strictest of their times counts, and a kid that one of
//          them refuses is refused.
// Errors   a sentence for each wrong source; an issuer twice with different sources is wrong.
// Limits   100,000 sources.
// Threads  pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/digest.h"
#include "net/fetcher.h"
#include "verify/issuer_source.h"
#include "verify/key_lifecycle.h"
#include "verify/key_set.h"

namespace signet::verify {

struct PlannedSet {
  // What decides where keys come from and whom to believe; neither times nor refused kids.
  crypto::Sha256 identity{};
  std::shared_ptr<const IssuerSource> source;    // without `jwks` and `ca_pem`
  std::shared_ptr<const net::FetchTrust> trust;  // one for all that trust the same
  KeyLifecycle::Rules rules{};
  std::vector<std::string> issuers;
  std::vector<KeyRecord> fixed;  // of IssuerSource::jwks
};

Result<std::vector<PlannedSet>, std::vector<std::string>> plan_sources(
    std::vector<IssuerSource> sources);

}  // namespace signet::verify
