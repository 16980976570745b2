// The policy that is in force now, and the clusters that it asks. Replaced as a whole; readers keep
// what they have.
//
// Threads  safe from any; a Reader belongs to one and takes a lock only after a change.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "party/policy.h"
#include "party/reviews.h"

namespace signet::party {

struct Live {
  std::uint64_t generation = 0;
  PolicyPtr policy;
  std::map<std::string, std::shared_ptr<ClusterReviews>, std::less<>> reviews;  // by cluster
};
using LivePtr = std::shared_ptr<const Live>;

class LivePolicy {
 public:
  LivePtr current() const {
    return live_.with([](const LivePtr& live) { return live; });
  }
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // Gives the next generation to `live`.
  void replace(Live live) {
    live_.with([&](LivePtr& held) {
      live.generation = generation() + 1;
      held = std::make_shared<const Live>(std::move(live));
      generation_.store(held->generation, std::memory_order_release);
    });
  }

  class Reader {
   public:
    explicit Reader(const LivePolicy& source) : source_(&source), live_(source.current()) {}
    const LivePtr& current() {
      if (source_->generation() != live_->generation) live_ = source_->current();
      return live_;
    }

   private:
    const LivePolicy* source_;
    LivePtr live_;
  };

 private:
  std::atomic<std::uint64_t> generation_ = 0;
  Guarded<LivePtr> live_{std::make_shared<const Live>(Live{.policy = std::make_shared<Policy>()})};
};

}  // namespace signet::party
