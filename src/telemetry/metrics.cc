#include "telemetry/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "base/guarded.h"
#include "telemetry/histogram_cells.h"
#include "telemetry/process_metrics.h"

namespace signet::telemetry {
namespace {

prometheus::Labels owned(Labels labels) {
  prometheus::Labels result;
  for (const auto& [name, value] : labels) result.emplace(name, value);
  return result;
}

// A family of the same name is found again, not added twice.
template <typename Builder>
auto& family(Builder builder, std::string_view name, std::string_view help,
             prometheus::Registry& registry) {
  return builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
}

struct HistogramFamily {
  std::string help;
  std::map<prometheus::Labels, std::unique_ptr<HistogramCells>> by_labels;
};

prometheus::ClientMetric collect(const prometheus::Labels& labels, const HistogramCells& cells) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({.name = name, .value = value});
  const auto counts = cells.cumulative();
  metric.histogram.sample_count = counts.back();
  metric.histogram.sample_sum = cells.sum();
  for (std::size_t i = 0; i < cells.bounds().size(); ++i) {
    metric.histogram.bucket.push_back(
        {.cumulative_count = counts[i], .upper_bound = cells.bounds()[i]});
  }
  metric.histogram.bucket.push_back(
      {.cumulative_count = counts.back(), .upper_bound = std::numeric_limits<double>::infinity()});
  return metric;
}

}  // namespace

struct Registry::Families {
  prometheus::Registry registry;
  Guarded<std::map<std::string, HistogramFamily>> histograms;
};

void Counter::add(double by) {
  counter_->Increment(by);
}
double Counter::value() const {
  return counter_->Value();
}

void Gauge::set(double value) {
  gauge_->Set(value);
}
void Gauge::add(double by) {
  gauge_->Increment(by);
}
double Gauge::value() const {
  return gauge_->Value();
}

void Histogram::observe(double value) {
  cells_->observe(value);
}

void Histogram::observe_since(std::chrono::steady_clock::time_point start) {
  observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

std::vector<double> duration_buckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

std::vector<double> short_duration_buckets() {
  constexpr int doublings = 14;
  std::vector<double> bounds{0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005};
  double bound = 0.001;
  for (int i = 0; i <= doublings; ++i, bound *= 2) bounds.push_back(bound);
  return bounds;
}

Registry::Registry() : families_(std::make_unique<Families>()) {}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, Labels labels) noexcept {
  auto& counters = family(prometheus::BuildCounter(), name, help, families_->registry);
  return Counter(counters.Add(owned(labels)));
}

Gauge Registry::gauge(std::string_view name, std::string_view help, Labels labels) noexcept {
  auto& gauges = family(prometheus::BuildGauge(), name, help, families_->registry);
  return Gauge(gauges.Add(owned(labels)));
}

Histogram Registry::histogram(std::string_view name, std::string_view help,
                              const std::vector<double>& bounds, Labels labels) noexcept {
  if (!prometheus::CheckMetricName(std::string(name))) std::terminate();
  return families_->histograms.with([&](auto& histograms) {
    auto& same_name = histograms.try_emplace(std::string(name), std::string(help)).first->second;
    auto& cells = same_name.by_labels[owned(labels)];
    if (cells == nullptr) cells = std::make_unique<HistogramCells>(bounds);
    return Histogram(*cells);
  });
}

std::string Registry::text() const {
  auto all = families_->registry.Collect();
  families_->histograms.with([&](const auto& histograms) {
    for (const auto& [name, same_name] : histograms) {
      prometheus::MetricFamily collected{.name = name,
                                         .help = same_name.help,
                                         .type = prometheus::MetricType::Histogram,
                                         .metric = {}};
      for (const auto& [labels, cells] : same_name.by_labels) {
        collected.metric.push_back(collect(labels, *cells));
      }
      all.push_back(std::move(collected));
    }
  });
  std::string text = prometheus::TextSerializer().Serialize(all);
  append_process_metrics(text);
  return text;
}

}  // namespace signet::telemetry
