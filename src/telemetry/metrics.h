// What the process counts, and how Prometheus reads it.
//
//   Registry registry;
//   auto refused = registry.counter("signet_tokens_refused_total", "Tokens refused.",
//                                   {{"reason", "expired"}});
//   refused.add();
//   reply(registry.text());
//
// Shape    a metric is obtained once, at start, and is a handle: cheap to copy, valid as long as
//          its registry. Asking again for the same name and labels gives the same metric.
// Errors   names and labels are literals of this program: a wrong one terminates it.
// Threads  everything is safe from any thread. Counting, setting and observing take no lock.
// Source   Prometheus text exposition format 0.0.4.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace signet::telemetry {

class HistogramCells;

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Only goes up.
class Counter {
 public:
  void add(double by = 1);  // by >= 0; less is ignored
  double value() const;

 private:
  friend class Registry;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  void set(double value);
  void add(double by);
  double value() const;

 private:
  friend class Registry;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  void observe(double value);
  // Seconds since `start`.
  void observe_since(std::chrono::steady_clock::time_point start);

 private:
  friend class Registry;
  explicit Histogram(HistogramCells& cells) : cells_(&cells) {}
  HistogramCells* cells_;
};

// Upper bounds in seconds for the duration of a request: 1 ms to 10 s.
std::vector<double> duration_buckets();
// For what takes microseconds: 10 us to 16 s. From 1 ms on those of Kubernetes' authentication.
std::vector<double> short_duration_buckets();

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter counter(std::string_view name, std::string_view help, Labels labels = {}) noexcept;
  Gauge gauge(std::string_view name, std::string_view help, Labels labels = {}) noexcept;
  // `bounds` are the upper bounds of the buckets, ascending; the infinite one is added.
  Histogram histogram(std::string_view name, std::string_view help,
                      const std::vector<double>& bounds, Labels labels = {}) noexcept;

  // Every metric, and the process's own (process_metrics.h).
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace signet::telemetry
