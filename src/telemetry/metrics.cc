#include "telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>

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

}  // namespace

struct Registry::Families {
  prometheus::Registry registry;
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
  histogram_->Observe(value);
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
  auto& histograms = family(prometheus::BuildHistogram(), name, help, families_->registry);
  return Histogram(histograms.Add(owned(labels), bounds));
}

std::string Registry::text() const {
  std::string text = prometheus::TextSerializer().Serialize(families_->registry.Collect());
  append_process_metrics(text);
  return text;
}

}  // namespace signet::telemetry
