#include "token/lifetime.h"

#include <algorithm>

namespace signet::token {

std::optional<std::string_view> lifetime_problem(std::int64_t seconds) {
  if (seconds < lifetime_min.count()) return "may not specify a duration less than 10 minutes";
  if (seconds > lifetime_max.count()) return "may not specify a duration larger than 2^32 seconds";
  return std::nullopt;
}

std::optional<std::string_view> maximum_problem(std::chrono::seconds maximum) {
  if (maximum >= std::chrono::hours(1) && maximum <= lifetime_max) return std::nullopt;
  return "the service-account-max-token-expiration must be between 1 hour and 2^32 seconds";
}

Lifetime decide_lifetime(std::chrono::seconds requested, const LifetimePolicy& policy,
                         const Binding& binding) {
  const auto shown = policy.maximum ? std::min(requested, *policy.maximum) : requested;
  Lifetime life{.shown = shown,
                .signed_for = shown,
                .warn_after = std::nullopt,
                .shortened = shown < requested};
  // The maximum does not bound the extension; below the trigger it prevents it.
  if (policy.extend && binding.pod_bound && binding.api_audiences_only &&
      shown == extension_trigger) {
    life.signed_for = policy.signer_maximum ? std::min(extended_lifetime, *policy.signer_maximum)
                                            : extended_lifetime;
    life.warn_after = shown;
  }
  return life;
}

}  // namespace signet::token
