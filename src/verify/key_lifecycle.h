// The life of one key set as times and counts: what may be used now, and when to fetch.
//
//   if (life.wants_fetch(now)) start(life.lane());
//   life.fetched(now, said, random);       // or not_modified: the same; or failed(now, random)
//   if (life.state(now.steady) == KeyState::hard_stale) refuse();
//
// Shape    empty -> fresh -> soft_stale -> hard_stale by age alone; a success leads back to fresh.
//          An issuer is dead after three failures in a row. Without a token for 24 h its keys are
//          not refreshed; the first token after that causes it.
// Threads  none: the owner guards it.
// Source   verify.md B.15, "lifecycle".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "verify/fetch_budget.h"
#include "verify/issuer_status.h"
#include "verify/moment.h"

namespace signet::verify {

class KeyLifecycle {
 public:
  // The strictest of what the issuers that share the set allow.
  struct Rules {
    std::chrono::seconds soft_ttl;
    std::chrono::seconds soft_ttl_max;
    std::chrono::seconds hard_ttl;
    std::chrono::seconds kid_miss_interval;
  };
  static constexpr std::chrono::hours active_window{24};
  static constexpr std::size_t dead_after = 3;  // failures in a row
  static constexpr std::chrono::seconds publish_lead{120};

  KeyLifecycle(const Rules& rules, SteadyTime now);

  // A stricter rule counts from now on, also for the set that is held.
  void set_rules(const Rules& rules);

  KeyState state(SteadyTime now) const;
  bool usable(SteadyTime now) const;
  bool dead() const { return failures_ >= dead_after; }
  bool idle(SteadyTime now) const { return now - last_token_ >= active_window; }
  bool backs_off(SteadyTime now) const { return failures_ > 0 && now < due_; }
  std::size_t failures() const { return failures_; }

  // A set from an earlier process, which is past its soft TTL whatever its age.
  void restored(Instant fetched_at, const Moment& now);
  // A set came or was said to be unchanged. `said` is what the server said of its life.
  void fetched(const Moment& now, std::optional<std::chrono::seconds> said, Random& random);
  void failed(SteadyTime now, Random& random);
  void token_seen(SteadyTime now) { last_token_ = now; }

  bool wants_fetch(SteadyTime now) const { return now >= due_ && !idle(now); }
  // When the set becomes hard stale; max() without one, or if it is.
  SteadyTime hard_end(SteadyTime now) const;
  SteadyTime due() const { return due_; }

  enum class Miss : std::uint8_t {
    fetch,       // worth one; the budget is spent
    too_soon,    // another one was within kid_miss_interval
    token_old,   // the set is younger than the token: its key was published, or never
    cannot_say,  // the issuer fails just now
  };
  Miss missed(SteadyTime now, std::optional<UnixTime> issued_at);

  std::optional<Instant> fetched_at() const { return fetched_wall_; }
  std::optional<SteadyTime> fetched_at_steady() const { return fetched_; }

 private:
  Rules rules_;
  std::optional<SteadyTime> fetched_;
  std::optional<Instant> fetched_wall_;
  std::chrono::seconds said_soft_ttl_{0};  // 0: restored
  SteadyTime due_;
  std::size_t failures_ = 0;
  bool fetched_here_ = false;  // by this process
  SteadyTime last_token_;
  SteadyTime miss_allowed_at_;
};

}  // namespace signet::verify
