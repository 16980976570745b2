// Decides who presents a token and whether a route lets them in: issuers, keys, cluster reviews,
// routes and rules as one object.
//
//   if (auto verdict = party.check_now(presented)) return answer(*verdict);
//   party.check(presented, deadline, [](Verdict verdict) { loop.post(...); });
//
// Shape    check_now() answers what needs no waiting: a token seen before costs a look-up, a fresh
//          one a signature check. check() begins with the same and goes on where keys must be
//          fetched, a cluster asked, or an expensive signature wait its turn.
// Errors   Refused: one of fourteen words (refusal.h). Never an answer by default: a route that
//          does not exist is forbidden, an issuer without keys is keys_unavailable.
// Limits   as docs/gate.md says: 131,072 remembered verdicts; 1,024 expensive signatures and
//          4,096 other checks that wait; 10,000 issuers, 1,024 routes.
// Threads  everything from any thread, without a lock that two threads share on the way of a token
//          seen before (up to 64 threads). Done is called exactly once: before check() returns, or
//          on a thread of the fetcher or of this object; it must be quick.
// Source   verify.md A.9 to A.12, B.14, B.15.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "party/caller.h"
#include "party/refusal.h"
#include "party/status.h"
#include "verify/moment.h"

namespace signet::party {

struct Presented {
  std::string_view token;  // as it stood after "Bearer "
  std::string_view route;  // name of a Route of the policy
};

using Verdict = Result<CallerPtr, Refused>;
using Done = std::move_only_function<void(Verdict)>;

// PolicyParty (policy_party.h) is the real one.
class RelyingParty {
 public:
  virtual ~RelyingParty() = default;

  // None: nothing is known yet; ask check(). Never waits, never starts anything.
  virtual std::optional<Verdict> check_now(const Presented& presented) = 0;

  // `presented` is borrowed until this returns. What is not known by `deadline` is refused with
  // keys_unavailable, review_unavailable or overloaded; what was begun for it goes on.
  virtual void check(const Presented& presented, verify::SteadyTime deadline, Done done) = 0;

  virtual bool has_route(std::string_view route) const = 0;

  // False once draining, so that a balancer stops sending. Checks are answered as before.
  virtual bool ready() const = 0;
  virtual void drain() = 0;
  virtual std::size_t waiting() const = 0;  // checks whose Done was not called yet

  virtual Status status() const = 0;
};

}  // namespace signet::party
