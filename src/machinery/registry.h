// The kinds this server knows, found by their path.
//
// Threads  constant after construction.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "machinery/kind.h"

namespace signet::machinery {

class Registry {
 public:
  // `kinds` must outlive the registry; in the order discovery shows them.
  explicit Registry(std::span<const Kind* const> kinds);

  const Kind* find(std::string_view group, std::string_view version, std::string_view plural) const;
  // By what an object says of itself: "Secret", or the kind of a subresource ("TokenRequest").
  bool has_kind(std::string_view group, std::string_view version, std::string_view kind) const;
  bool has_group_version(std::string_view group, std::string_view version) const;
  const std::vector<const Kind*>& kinds() const { return kinds_; }
  // The position of a kind in kinds(): snapshots are arrays indexed by it. kinds().size() for a
  // kind that is not registered.
  std::size_t index(const Kind& kind) const;

 private:
  std::vector<const Kind*> kinds_;
};

}  // namespace signet::machinery
