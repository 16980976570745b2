// Who still presents tokens for an old audience of a route: what somebody needs to finish a
// migration of audiences.
//
//   auto use = uses.of("payments", caller);     // once for a token
//   if (use) use->count(now);                   // each time it is let in by the old audience
//
// Limits   1,000 accounts; of those beyond, only how often they were seen is counted.
// Threads  safe from any thread; count() takes no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "party/caller.h"
#include "party/status.h"
#include "telemetry/metrics.h"

namespace signet::party {

class OldAudience {
 public:
  OldAudience(telemetry::Counter checks, Instant first_seen)
      : checks_(checks), first_seen_(first_seen) {}

  void count(Instant now) {
    checks_.add();
    seen_.fetch_add(1, std::memory_order_relaxed);
    last_seen_.store(now, std::memory_order_relaxed);
  }

 private:
  friend class OldAudiences;
  telemetry::Counter checks_;
  std::atomic<std::uint64_t> seen_ = 0;
  Instant first_seen_;
  std::atomic<Instant> last_seen_ = Instant{};
};

class OldAudiences {
 public:
  static constexpr std::size_t accounts_max = 1'000;

  explicit OldAudiences(telemetry::Registry& metrics);

  // Never null; beyond the limit one that all the others share.
  std::shared_ptr<OldAudience> of(std::string_view route, const Caller& caller, Instant now);

  std::vector<OldAudienceUse> uses() const;
  std::uint64_t left_out() const;  // checks by accounts beyond the limit

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;

  telemetry::Registry& metrics_;
  std::shared_ptr<OldAudience> others_;
  Guarded<std::map<Key, std::shared_ptr<OldAudience>>> accounts_;
};

}  // namespace signet::party
