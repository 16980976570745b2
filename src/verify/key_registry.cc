#include "verify/key_registry.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace signet::verify {

KeyRegistry::KeyRegistry(std::vector<Issuer> issuers) : issuers_(std::move(issuers)) {
  constexpr std::size_t least = 2;
  cells_.resize(std::bit_ceil(std::max(least, issuers_.size() * 2)),
                Cell{.hash = 0, .index = not_found});
  for (std::size_t index = 0; index < issuers_.size(); ++index) {
    const auto hash = std::hash<std::string_view>()(issuers_[index].name);
    auto at = hash & (cells_.size() - 1);
    while (cells_[at].index != not_found) at = (at + 1) & (cells_.size() - 1);
    cells_[at] = {.hash = hash, .index = index};
  }
}

std::size_t KeyRegistry::find(std::string_view issuer) const {
  if (cells_.empty()) return not_found;
  const auto hash = std::hash<std::string_view>()(issuer);
  for (auto at = hash & (cells_.size() - 1);; at = (at + 1) & (cells_.size() - 1)) {
    const auto& cell = cells_[at];
    if (cell.index == not_found) return not_found;
    if (cell.hash == hash && issuers_[cell.index].name == issuer) return cell.index;
  }
}

}  // namespace signet::verify
