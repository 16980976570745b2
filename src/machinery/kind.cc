#include "machinery/kind.h"

#include <algorithm>

#include "base/cat.h"

namespace signet::machinery {

std::string Kind::api_version() const {
  return group.empty() ? std::string(version) : cat(group, "/", version);
}

std::string Kind::list_kind() const {
  return cat(kind, "List");
}

const Subresource* Kind::find_subresource(std::string_view wanted) const {
  const auto found = std::ranges::find(subresources, wanted, &Subresource::name);
  return found == subresources.end() ? nullptr : &*found;
}

std::optional<std::size_t> Kind::field_index(std::string_view path) const {
  const auto found = std::ranges::find(selectable, path);
  if (found == selectable.end()) return std::nullopt;
  return static_cast<std::size_t>(found - selectable.begin());
}

}  // namespace signet::machinery
