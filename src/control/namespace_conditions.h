// What a namespace that is being deleted says of how far that is.
//
// Source   node.md G.4; reasons and texts are wire facts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codec/json.h"

namespace signet::control {

struct NamespaceRemains {
  std::map<std::string, std::uint64_t> resources;   // "pods." -> how many are left
  std::map<std::string, std::uint64_t> finalizers;  // "x.io/y" -> how many objects it holds
  std::vector<std::string> failures;                // of deletions

  bool none() const { return resources.empty(); }
};

// Sets the five conditions in status.conditions; the time of one that says what it said before
// stays.
void set_deletion_conditions(codec::Json& ns, const NamespaceRemains& remains, Instant now);

}  // namespace signet::control
