// What `kubectl get pods` shows.
//
// Source   api.md D.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "codec/json.h"
#include "machinery/kind.h"

namespace signet::kinds {

// A pod in one row.
struct PodSummary {
  std::string status;
  std::size_t ready = 0;
  std::size_t total = 0;
  std::int64_t restarts = 0;
  Instant last_restart{};  // the epoch when not known
};
PodSummary summarise(const codec::Json& pod);

extern const machinery::Column pod_columns[9];

// Says of a pod that has ended how it did; null of one that has not.
codec::Json pod_row_conditions(const codec::Json& pod);

}  // namespace signet::kinds
