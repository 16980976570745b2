// How long a token lives: bounds, default, the operator's maximum, the one-year extension.
//
//   if (auto problem = lifetime_problem(seconds)) return invalid_field(*problem);
//   auto life = decide_lifetime(requested, policy, {.pod_bound = true, .api_audiences_only =
//   true});
//
// Source   Kubernetes TokenRequest; the extension carries clients over that never re-read a token.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace signet::token {

inline constexpr std::chrono::seconds lifetime_default{3600};
inline constexpr std::chrono::seconds lifetime_min{600};
inline constexpr std::chrono::seconds lifetime_max{std::int64_t{1} << 32};
// Exactly this lifetime, which pod admission writes into mounted volumes, asks for the extension.
inline constexpr std::chrono::seconds extension_trigger{3607};
inline constexpr std::chrono::seconds extended_lifetime{365 * 24 * 3600};

// "may not specify a duration less than 10 minutes" and its counterpart; none when it is fine.
std::optional<std::string_view> lifetime_problem(std::int64_t seconds);

struct LifetimePolicy {
  std::optional<std::chrono::seconds> maximum;  // 1 h to 2^32 s
  bool extend = true;
  // What the external signer can do at most, if there is one.
  std::optional<std::chrono::seconds> signer_maximum;
};
// The start-up check of LifetimePolicy::maximum.
std::optional<std::string_view> maximum_problem(std::chrono::seconds maximum);

struct Binding {
  bool pod_bound = false;
  bool api_audiences_only = false;  // every requested audience is one of the server's own
};

struct Lifetime {
  std::chrono::seconds shown;       // in the reply: after the maximum, before the extension
  std::chrono::seconds signed_for;  // exp - iat
  std::optional<std::chrono::seconds> warn_after;  // only when extended
  bool shortened = false;                          // the maximum applied
};

// `requested` must have no lifetime_problem().
Lifetime decide_lifetime(std::chrono::seconds requested, const LifetimePolicy& policy,
                         const Binding& binding);

}  // namespace signet::token
