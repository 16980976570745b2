#include "token/audience.h"

#include <algorithm>

namespace signet::token {

std::vector<std::string> intersect_audiences(std::span<const std::string> requested,
                                             std::span<const std::string_view> of_token) {
  std::vector<std::string> common;
  for (const auto& audience : requested) {
    if (std::ranges::find(of_token, audience) != of_token.end()) common.push_back(audience);
  }
  return common;
}

std::vector<std::string> intersect_audiences(std::span<const std::string> requested,
                                             std::span<const std::string> known) {
  std::vector<std::string> common;
  for (const auto& audience : requested) {
    if (std::ranges::find(known, audience) != known.end()) common.push_back(audience);
  }
  return common;
}

bool all_among(std::span<const std::string> audiences, std::span<const std::string> known) {
  return std::ranges::all_of(audiences, [&](const std::string& audience) {
    return std::ranges::find(known, audience) != known.end();
  });
}

}  // namespace signet::token
