// One histogram: how many values fell up to each bound, and their sum.
//
// Shape    a library's histogram takes a lock for each value, and a loop that was put aside while
//          it holds it would stop the others; here a value is two atomic additions.
// Threads  safe from any thread, without a lock. Who reads meanwhile may see a value counted that
//          is not yet in the sum.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace signet::telemetry {

class HistogramCells {
 public:
  // Upper bounds, ascending; the infinite one is added.
  explicit HistogramCells(std::vector<double> bounds);

  void observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  // How many were at most as large as each bound, and all of them at the end.
  std::vector<std::uint64_t> cumulative() const;

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

}  // namespace signet::telemetry
