#include "verify/issuer_status.h"

#include <algorithm>

#include "verify/key_unit.h"

namespace signet::verify {
namespace {

using std::chrono::seconds;

seconds floor_seconds(SteadyTime::duration span) {
  return std::chrono::floor<seconds>(span);
}

}  // namespace

std::string_view to_string(KeyState state) {
  switch (state) {
    case KeyState::empty:
      return "empty";
    case KeyState::fresh:
      return "fresh";
    case KeyState::soft_stale:
      return "soft_stale";
    case KeyState::hard_stale:
      return "hard_stale";
  }
  return "empty";
}

IssuerStatus status_of(const KeyUnit& unit, const std::string& issuer, const Moment& now,
                       std::size_t waiters) {
  IssuerStatus status{.issuer = issuer,
                      .state = unit.life.state(now.steady),
                      .dead = unit.life.dead(),
                      .idle = unit.life.idle(now.steady),
                      .fixed = unit.fixed(),
                      .jwks_uri = unit.keys_url(),
                      .kids = {},
                      .generation = unit.published ? unit.keys->generation() : 0,
                      .fetched_at = unit.life.fetched_at(),
                      .age = std::nullopt,
                      .next_fetch_in = std::nullopt,
                      .failures_in_a_row = unit.life.failures(),
                      .waiters = waiters,
                      .last_error = unit.last_error,
                      .counts = unit.counts};
  if (unit.keys != nullptr) {
    for (const auto& record : unit.keys->records()) status.kids.push_back(record.kid);
  }
  if (unit.fixed()) {
    status.state = KeyState::fresh;
    status.idle = false;
    return status;
  }
  if (const auto fetched = unit.life.fetched_at_steady()) {
    status.age = floor_seconds(now.steady - *fetched);
  }
  if (!status.idle) {
    status.next_fetch_in = std::max(seconds{0}, floor_seconds(unit.life.due() - now.steady));
  }
  return status;
}

}  // namespace signet::verify
