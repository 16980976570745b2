#include "machinery/registry.h"

#include <algorithm>

namespace signet::machinery {

Registry::Registry(std::span<const Kind* const> kinds) : kinds_(kinds.begin(), kinds.end()) {}

// A scan: with some thirty kinds of mostly different lengths it costs less than hashing the names.
const Kind* Registry::find(std::string_view group, std::string_view version,
                           std::string_view plural) const {
  for (const auto* kind : kinds_) {
    if (kind->plural == plural && kind->group == group && kind->version == version) return kind;
  }
  return nullptr;
}

bool Registry::has_kind(std::string_view group, std::string_view version,
                        std::string_view kind) const {
  return std::ranges::any_of(kinds_, [&](const Kind* known) {
    const auto own = known->group == group && known->version == version;
    if (own && known->kind == kind) return true;
    return std::ranges::any_of(known->subresources, [&](const Subresource& sub) {
      if (sub.kind != kind) return false;
      return sub.version.empty() ? own : sub.group == group && sub.version == version;
    });
  });
}

bool Registry::has_group_version(std::string_view group, std::string_view version) const {
  return std::ranges::any_of(kinds_, [&](const Kind* known) {
    return known->group == group && known->version == version;
  });
}

std::size_t Registry::index(const Kind& kind) const {
  return static_cast<std::size_t>(std::ranges::find(kinds_, &kind) - kinds_.begin());
}

}  // namespace signet::machinery
