// Is this one of our tokens, and whose? Every check, in the specified order, against live objects.
//
//   auto reviewed = reviewer.review(bearer, audiences, snapshot);
//   if (!reviewed) count(reviewed.error().reason);
//
// Shape    what never changes about a token (its signature is good, what it claims) is remembered
//          by its SHA-256; time, audiences and live objects are looked at every time. So a token
//          dies in the instant its pod, secret, account or key does.
// Limits   Options::cache_entries remembered tokens, least recently used ones go first; failures
//          are not remembered.
// Threads  one Reviewer a loop.
// Source   tokens.md 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "identity/cache_metrics.h"
#include "identity/key_ring.h"
#include "identity/recent_digests.h"
#include "identity/token_use.h"
#include "identity/use_tracker.h"
#include "machinery/view.h"
#include "telemetry/metrics.h"
#include "token/checks.h"
#include "token/user_info.h"

namespace signet::identity {

struct Reviewed {
  token::UserInfo user;  // without system:authenticated
  std::vector<std::string> audiences;
};

class Reviewer {
 public:
  struct Options {
    std::vector<std::string> issuers;        // the first is ours now, the rest were
    std::vector<std::string> api_audiences;  // what this server itself answers to
    token::Lookup legacy_lookup = token::Lookup::live;
    std::size_t cache_entries = 16384;
  };

  Reviewer(Options options, const KeyRing& ring, const Clock& clock, telemetry::Registry& metrics,
           Tracking tracking = {});

  // `audiences` empty: the server's own. `use` hears what is old about the token.
  Result<Reviewed, token::Refusal> review(std::string_view token,
                                          std::span<const std::string> audiences,
                                          const machinery::Snapshot& snapshot,
                                          const TokenUse& use = {});

  // How many tokens were refused because no key has the id they name.
  std::uint64_t keys_lacked() const { return keys_lacked_; }

  const std::vector<std::string>& api_audiences() const { return options_.api_audiences; }

 private:
  // A token whose signature was good under the current keys.
  struct Verified {
    crypto::Sha256 digest;
    token::ParsedClaims claims;
    token::UserInfo user;
  };
  using Recent = std::list<Verified>;  // the most recently used first
  struct DigestHash {
    std::size_t operator()(const crypto::Sha256& digest) const;
  };

  Result<Reviewed, token::Refusal> review_new(const crypto::Sha256& digest, std::string_view token,
                                              std::span<const std::string> audiences,
                                              const machinery::Snapshot& snapshot,
                                              const TokenUse& use);
  Result<token::ParsedClaims, token::Refusal> verify(std::string_view token);
  Result<token::Checked, token::Refusal> check(const token::ParsedClaims& claims,
                                               std::string_view token,
                                               std::span<const std::string> audiences,
                                               const machinery::Snapshot& snapshot,
                                               const TokenUse& use);
  Result<token::Checked, token::Refusal> check_legacy(const UseTracker::Seen& seen,
                                                      std::string_view token,
                                                      const token::AudienceQuestion& question,
                                                      const token::LiveObjects& live);
  // Whether a service that has audiences of its own was shown a token for ours.
  void look_at_audiences(const UseTracker::Seen& seen, std::string_view token,
                         const token::AudienceQuestion& question, const token::LiveObjects& live,
                         const Result<token::Checked, token::Refusal>& checked);
  void remember(const crypto::Sha256& digest, token::ParsedClaims claims, token::UserInfo user);

  Options options_;
  KeyRing::Reader keys_;
  const Clock& clock_;
  RecentDigests digests_;  // of tokens that were remembered when they came again
  Recent recent_;
  std::unordered_map<crypto::Sha256, Recent::iterator, DigestHash> index_;
  std::uint64_t index_generation_ = 0;
  std::uint64_t keys_lacked_ = 0;

  UseTracker tracker_;
  CacheMetrics cache_metrics_;
};

}  // namespace signet::identity
