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
#include "identity/key_ring.h"
#include "machinery/view.h"
#include "net/request_record.h"
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
    std::size_t cache_entries = 16384;
  };

  Reviewer(Options options, const KeyRing& ring, const Clock& clock, telemetry::Registry& metrics);

  // `audiences` empty: the server's own. `use` is the record of the request that the token came
  // with as a credential, and hears what is old about it; null where a token is only asked about.
  Result<Reviewed, token::Refusal> review(std::string_view token,
                                          std::span<const std::string> audiences,
                                          const machinery::Snapshot& snapshot,
                                          net::RequestRecord* use = nullptr);

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

  Result<token::ParsedClaims, token::Refusal> verify(std::string_view token);
  Result<token::Checked, token::Refusal> check(const token::ParsedClaims& claims,
                                               std::string_view token,
                                               std::span<const std::string> audiences,
                                               const machinery::Snapshot& snapshot,
                                               net::RequestRecord* use);
  void remember(const crypto::Sha256& digest, token::ParsedClaims claims, token::UserInfo user);

  Options options_;
  KeyRing::Reader keys_;
  const Clock& clock_;
  Recent recent_;
  std::unordered_map<crypto::Sha256, Recent::iterator, DigestHash> index_;
  std::uint64_t index_generation_ = 0;
  std::uint64_t keys_lacked_ = 0;

  telemetry::Counter hits_;
  telemetry::Counter misses_;
  telemetry::Counter legacy_tokens_;
  telemetry::Counter stale_tokens_;
  telemetry::Counter valid_tokens_;
};

}  // namespace signet::identity
