#include "verify/key_lifecycle.h"

#include <algorithm>

#include "verify/refresh_schedule.h"

namespace signet::verify {

KeyLifecycle::KeyLifecycle(const Rules& rules, SteadyTime now)
    : rules_(rules), due_(now), last_token_(now), miss_allowed_at_(now) {}

void KeyLifecycle::set_rules(const Rules& rules) {
  rules_ = rules;
  if (!fetched_ || failures_ > 0) return;
  due_ = std::min(due_, *fetched_ + std::min(said_soft_ttl_, rules_.soft_ttl_max));
}

KeyState KeyLifecycle::state(SteadyTime now) const {
  if (!fetched_) return KeyState::empty;
  const auto age = now - *fetched_;
  if (age < std::min(said_soft_ttl_, rules_.soft_ttl_max)) return KeyState::fresh;
  // A hard TTL of zero: a set is used while it is fresh, and not after.
  return age < rules_.hard_ttl ? KeyState::soft_stale : KeyState::hard_stale;
}

bool KeyLifecycle::usable(SteadyTime now) const {
  const auto seen = state(now);
  return seen == KeyState::fresh || seen == KeyState::soft_stale;
}

void KeyLifecycle::restored(Instant fetched_at, const Moment& now) {
  const auto age = std::max(now.wall - fetched_at, std::chrono::nanoseconds{0});
  fetched_ = now.steady - std::chrono::duration_cast<SteadyTime::duration>(age);
  fetched_wall_ = fetched_at;
  said_soft_ttl_ = std::chrono::seconds{0};
  due_ = now.steady;
}

void KeyLifecycle::fetched(const Moment& now, std::optional<std::chrono::seconds> said,
                           Random& random) {
  fetched_ = now.steady;
  fetched_wall_ = now.wall;
  said_soft_ttl_ = soft_ttl_of(said, rules_.soft_ttl, rules_.soft_ttl_max);
  due_ = now.steady +
         refresh_delay(said_soft_ttl_, fetched_here_ ? Round::later : Round::first, random);
  fetched_here_ = true;
  failures_ = 0;
}

void KeyLifecycle::failed(SteadyTime now, Random& random) {
  ++failures_;
  due_ = now + backoff_delay(failures_, random);
}

SteadyTime KeyLifecycle::hard_end(SteadyTime now) const {
  if (!fetched_) return SteadyTime::max();
  const auto soft = std::min(said_soft_ttl_, rules_.soft_ttl_max);
  const auto end = *fetched_ + std::max(rules_.hard_ttl, soft);
  return end > now ? end : SteadyTime::max();
}

KeyLifecycle::Miss KeyLifecycle::missed(SteadyTime now, std::optional<UnixTime> issued_at) {
  if (backs_off(now)) return Miss::cannot_say;
  if (issued_at && fetched_wall_ && *issued_at < *fetched_wall_ - publish_lead) {
    return Miss::token_old;
  }
  if (now < miss_allowed_at_) return Miss::too_soon;
  miss_allowed_at_ = now + rules_.kid_miss_interval;
  return Miss::fetch;
}

}  // namespace signet::verify
