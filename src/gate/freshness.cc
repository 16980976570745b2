#include "gate/freshness.h"

#include <algorithm>

namespace signet::gate {
namespace {

constexpr std::chrono::seconds offline_max{60};
constexpr std::chrono::seconds reviewed_max{10};

}  // namespace

std::chrono::seconds answer_life(const party::Caller& caller, UnixTime now) {
  const auto longest = caller.method == party::Method::offline ? offline_max : reviewed_max;
  if (!caller.not_after) return longest;
  return std::clamp(*caller.not_after - now, std::chrono::seconds{0}, longest);
}

}  // namespace signet::gate
