#include "verify/refresh_schedule.h"

#include <algorithm>

namespace signet::verify {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

milliseconds between(milliseconds from, milliseconds to, Random& random) {
  const auto span = static_cast<std::uint64_t>((to - from).count()) + 1;
  return from + milliseconds(static_cast<milliseconds::rep>(uniform(random, span)));
}

}  // namespace

seconds soft_ttl_of(std::optional<seconds> said, seconds unsaid, seconds longest) {
  return std::clamp(said.value_or(unsaid), soft_ttl_min, std::max(soft_ttl_min, longest));
}

milliseconds refresh_delay(seconds soft_ttl, Round round, Random& random) {
  const milliseconds whole = soft_ttl;
  return between(round == Round::first ? whole / 10 : whole * 8 / 10, whole, random);
}

milliseconds backoff_delay(std::size_t failures, Random& random) {
  constexpr seconds longest{300};
  constexpr std::size_t doublings_max = 9;  // 512 s
  const auto doublings = std::min(failures == 0 ? 0 : failures - 1, doublings_max);
  const milliseconds wait = std::min(longest, seconds(std::int64_t{1} << doublings));
  return between(wait * 8 / 10, wait * 12 / 10, random);
}

}  // namespace signet::verify
