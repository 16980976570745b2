// Carries a check from one thing it must wait for to the next, until there is a verdict.
//
//   flow.check(presented, deadline, done);
//
// Shape    after each wait the judge is asked again from the start. What waits for an issuer's keys
//          or a cluster does not outlast its deadline by more than those need to say so.
// Limits   4,096 checks that wait; beyond, overloaded at once.
// Threads  everything from any thread. `done` is called exactly once: before check() returns, on a
//          thread of the engine, the fetcher or the lane, or by close().
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/guarded.h"
#include "party/judge.h"
#include "party/party_metrics.h"
#include "party/per_thread.h"
#include "party/signature_lane.h"
#include "party/turnstile.h"
#include "verify/key_engine.h"

namespace signet::party {

class CheckFlow {
 public:
  static constexpr std::size_t waiting_max = 4'096;

  // All outlive this.
  struct Parts {
    const LivePolicy& live;
    Judge& judge;
    verify::KeyEngine& engine;
    SignatureLane& lane;
    const verify::Moments& moments;
    PartyMetrics& metrics;
  };
  explicit CheckFlow(Parts parts);
  ~CheckFlow() { close(); }
  CheckFlow(const CheckFlow&) = delete;
  CheckFlow& operator=(const CheckFlow&) = delete;

  std::optional<Verdict> check_now(const Presented& presented);
  void check(const Presented& presented, verify::SteadyTime deadline, Done done);
  std::size_t waiting() const;

  // Answers all that wait. Called before the end; nobody asks any more.
  void close();

 private:
  struct Waiting;
  using WaitingPtr = std::shared_ptr<Waiting>;

  Outcome look(const Presented& presented, Progress* progress);
  void go_on(const WaitingPtr& waiting);
  void wait(const WaitingPtr& waiting, const NeedKeys& need);
  void wait(const WaitingPtr& waiting, NeedTurn need);
  void wait(const WaitingPtr& waiting, const NeedReview& need);
  void wait(const WaitingPtr& waiting, Verdict verdict) { finish(waiting, std::move(verdict)); }
  void finish(const WaitingPtr& waiting, Verdict verdict);
  bool admit(const WaitingPtr& waiting);

  Parts parts_;
  PerThread<Desk> desks_;
  Guarded<std::unordered_set<WaitingPtr>> waiting_;
  // Whoever calls back may do so when this is gone.
  std::shared_ptr<Turnstile> turnstile_ = std::make_shared<Turnstile>();
};

}  // namespace signet::party
