// When an issuer's keys are fetched again, after success and after failure.
//
// Shape    ahead of the soft TTL by a random part, so that ten thousand issuers do not move in
//          step. The first refresh of a process is spread over nearly the whole TTL: a start that
//          fetched everything at once would else be repeated every ten minutes.
// Threads  pure, but for the Random it is given.
// Source   verify.md B.15.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.h"

namespace signet::verify {

inline constexpr std::chrono::seconds soft_ttl_min{60};

// What the server said, between a minute and what the operator allows; `unsaid` where it said
// nothing.
std::chrono::seconds soft_ttl_of(std::optional<std::chrono::seconds> said,
                                 std::chrono::seconds unsaid, std::chrono::seconds longest);

// From success to the next fetch: 0.8 to 1.0 of the TTL, the first time 0.1 to 1.0.
enum class Round : std::uint8_t { first, later };
std::chrono::milliseconds refresh_delay(std::chrono::seconds soft_ttl, Round round, Random& random);

// 1, 2, 4 ... 300 s after so many failures in a row, 20 % more or less. failures >= 1.
std::chrono::milliseconds backoff_delay(std::size_t failures, Random& random);

}  // namespace signet::verify
