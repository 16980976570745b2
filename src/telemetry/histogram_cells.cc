#include "telemetry/histogram_cells.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace signet::telemetry {

HistogramCells::HistogramCells(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void HistogramCells::observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  auto& count = counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  count.fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> HistogramCells::cumulative() const {
  std::vector<std::uint64_t> out;
  out.reserve(counts_.size());
  std::uint64_t all = 0;
  for (const auto& count : counts_) out.push_back(all += count.load(std::memory_order_relaxed));
  return out;
}

}  // namespace signet::telemetry
