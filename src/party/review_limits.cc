#include "party/review_limits.h"

#include <algorithm>

namespace signet::party {

void ReviewLimits::refill(verify::SteadyTime now) {
  if (refilled_ != verify::SteadyTime{}) {
    const std::chrono::duration<double> passed = now - refilled_;
    tokens_ = std::min(static_cast<double>(options_.burst),
                       tokens_ + passed.count() * static_cast<double>(options_.queries_per_second));
  }
  refilled_ = now;
}

Admission ReviewLimits::admit(verify::SteadyTime now) {
  if (is_open(now) || (on_trial_ && trial_runs_)) return Admission::open;
  if (in_flight_ >= options_.concurrent) return Admission::busy;
  refill(now);
  if (tokens_ < 1) return Admission::limited;
  tokens_ -= 1;
  ++in_flight_;
  trial_runs_ = on_trial_;
  return Admission::go;
}

void ReviewLimits::ended(CallResult result, verify::SteadyTime now) {
  --in_flight_;
  if (on_trial_) {
    trial_runs_ = false;
    recent_.clear();
    recent_failed_ = 0;
    on_trial_ = result == CallResult::failed;
    if (on_trial_) open_until_ = now + breaker_rest;
    return;
  }
  recent_.push_back(result);
  if (result == CallResult::failed) ++recent_failed_;
  if (recent_.size() > breaker_calls) {
    if (recent_.front() == CallResult::failed) --recent_failed_;
    recent_.pop_front();
  }
  if (recent_.size() == breaker_calls && recent_failed_ * 2 >= breaker_calls) {
    open_until_ = now + breaker_rest;
    on_trial_ = true;
  }
}

}  // namespace signet::party
