// Decides about one token on one route as far as can be decided without waiting, or says what must
// be waited for.
//
//   auto outcome = judge.judge(presented, desk, progress);
//   // a Verdict, or NeedKeys, NeedTurn, NeedReview: see to it, note it in progress, ask again
//
// Shape    the order of verify.md A.10: size, a verdict that is known, form, issuer, claims, key,
//          signature, claims again, review, subjects and condition. Every round starts with the
//          policy of that moment, so that nothing is let in by one that is gone.
// Threads  safe from any; a Desk and a Progress serve one thread at a time.
// Source   verify.md A.10, B.15.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "party/live_policy.h"
#include "party/old_audiences.h"
#include "party/party_metrics.h"
#include "party/relying_party.h"
#include "party/token_check.h"
#include "party/verdict_cache.h"
#include "verify/key_lookup.h"
#include "verify/moment.h"

namespace signet::party {

// What a thread works with.
struct Desk {
  Desk(const LivePolicy& live_policy, verify::KeyBoard& board) : live(live_policy), keys(board) {}

  LivePolicy::Reader live;
  verify::KeyReader keys;
  RecentVerdicts recent;
};

// The key is not there: ask the engine, then again.
struct NeedKeys {
  std::string issuer;
  std::string kid;
  jose::Algorithm algorithm = jose::Algorithm::rs256;
  std::optional<UnixTime> issued_at;
};
// The signature is expensive: ask again when it is this token's turn.
struct NeedTurn {};
// The cluster must be asked.
struct NeedReview {
  std::shared_ptr<ClusterReviews> reviews;
  std::vector<std::string> audiences;
};
using Outcome = std::variant<Verdict, NeedKeys, NeedTurn, NeedReview>;

// A token whose signature was good under keys of a generation.
struct Proof {
  CheckedToken checked;
  std::uint64_t key_generation = 0;
};

// What was found out about a token in earlier rounds.
struct Progress {
  std::uint64_t policy_generation = 0;    // what all the rest is about
  std::optional<verify::KeyAnswer> keys;  // what the engine said after a wait
  bool has_turn = false;
  std::optional<Proof> proof;
  std::optional<ReviewAnswer> review;
};

class Judge {
 public:
  static constexpr std::size_t verdicts_max = 131'072;
  static constexpr std::size_t bad_signatures_max = 16'384;
  // How long a verdict is remembered at most, and a bad signature.
  static constexpr std::chrono::seconds verdict_ttl{60};
  static constexpr std::chrono::seconds bad_signature_ttl{10};

  // All outlive this.
  Judge(OldAudiences& old_audiences, const verify::Moments& moments, Random& random,
        PartyMetrics& metrics);

  // `progress` null: only what is known or can be checked here and now.
  Outcome judge(const Presented& presented, Desk& desk, Progress* progress);

  // Frees what was found under an earlier policy; nobody would use it anyway.
  void forget();

 private:
  friend class Round;

  OldAudiences& old_audiences_;
  const verify::Moments& moments_;
  PartyMetrics& metrics_;
  VerdictCache verdicts_;
  VerdictCache bad_signatures_;  // apart, so that they displace no good ones
};

}  // namespace signet::party
