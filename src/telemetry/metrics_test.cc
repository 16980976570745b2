#include "telemetry/metrics.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace signet::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of the sample whose line starts with `name` and a space.
double sample(const std::string& text, const std::string& name) {
  const auto at = ("\n" + text).find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + name.size() + 1, nullptr);
}

TEST(Metrics, counters_are_rendered_with_help_type_and_labels) {
  Registry registry;
  auto refused = registry.counter("refused_total", "Tokens refused.", {{"reason", "expired"}});
  refused.add();
  refused.add(2);
  const auto text = registry.text();
  EXPECT_THAT(text, HasSubstr("# HELP refused_total Tokens refused.\n"
                              "# TYPE refused_total counter\n"
                              "refused_total{reason=\"expired\"} 3"));
}

TEST(Metrics, a_counter_never_goes_down) {
  Registry registry;
  auto counter = registry.counter("c_total", "C.");
  counter.add(5);
  counter.add(-1);
  EXPECT_EQ(counter.value(), 5);
}

TEST(Metrics, the_same_name_and_labels_are_the_same_metric) {
  Registry registry;
  auto first = registry.counter("c_total", "C.", {{"a", "1"}});
  auto again = registry.counter("c_total", "C.", {{"a", "1"}});
  auto other = registry.counter("c_total", "C.", {{"a", "2"}});
  again.add();
  EXPECT_EQ(first.value(), 1);
  EXPECT_EQ(other.value(), 0);
  const auto text = registry.text();
  EXPECT_EQ(text.find("# TYPE c_total"), text.rfind("# TYPE c_total"));
}

TEST(Metrics, registries_share_nothing) {
  Registry one;
  Registry two;
  one.counter("c_total", "C.").add();
  EXPECT_THAT(two.text(), Not(HasSubstr("c_total ")));
}

TEST(Metrics, gauges_go_both_ways) {
  Registry registry;
  auto gauge = registry.gauge("watches", "Open watches.");
  gauge.set(10);
  gauge.add(-3);
  EXPECT_EQ(gauge.value(), 7);
  EXPECT_EQ(sample(registry.text(), "watches"), 7);
}

TEST(Metrics, a_bound_belongs_to_its_bucket) {
  Registry registry;
  auto histogram = registry.histogram("h_seconds", "H.", {1, 2});
  for (const double value : {0.5, 1.0, 1.5, 3.0}) histogram.observe(value);
  const auto text = registry.text();
  EXPECT_EQ(sample(text, "h_seconds_bucket{le=\"1\"}"), 2);
  EXPECT_EQ(sample(text, "h_seconds_bucket{le=\"2\"}"), 3);
  EXPECT_EQ(sample(text, "h_seconds_bucket{le=\"+Inf\"}"), 4);
  EXPECT_EQ(sample(text, "h_seconds_count"), 4);
  EXPECT_EQ(sample(text, "h_seconds_sum"), 6);
}

TEST(Metrics, histograms_of_one_name_are_one_family_told_apart_by_labels) {
  Registry registry;
  registry.histogram("h_seconds", "H.", {1}, {{"status", "hit"}}).observe(0.5);
  registry.histogram("h_seconds", "H.", {1}, {{"status", "miss"}}).observe(2);
  registry.histogram("h_seconds", "H.", {1}, {{"status", "hit"}}).observe(1);  // the first again
  const auto text = registry.text();
  EXPECT_EQ(text.find("# TYPE h_seconds histogram"), text.rfind("# TYPE h_seconds histogram"));
  EXPECT_THAT(text, HasSubstr("# HELP h_seconds H.\n# TYPE h_seconds histogram\n"));
  EXPECT_EQ(sample(text, "h_seconds_bucket{status=\"hit\",le=\"1\"}"), 2);
  EXPECT_EQ(sample(text, "h_seconds_bucket{status=\"miss\",le=\"1\"}"), 0);
  EXPECT_EQ(sample(text, "h_seconds_bucket{status=\"miss\",le=\"+Inf\"}"), 1);
  EXPECT_EQ(sample(text, "h_seconds_sum{status=\"miss\"}"), 2);
}

TEST(Metrics, duration_buckets_ascend) {
  for (const auto& bounds : {duration_buckets(), short_duration_buckets()}) {
    EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end(), std::less_equal<>()));
  }
  EXPECT_DOUBLE_EQ(short_duration_buckets().back(), 16.384);
}

TEST(Metrics, label_values_are_escaped) {
  Registry registry;
  registry.counter("c_total", "C.", {{"path", "a\"b\\c\nd"}}).add();
  EXPECT_THAT(registry.text(), HasSubstr(R"(c_total{path="a\"b\\c\nd"} 1)"));
}

TEST(Metrics, every_thread_counts) {
  Registry registry;
  auto counter = registry.counter("c_total", "C.");
  auto histogram = registry.histogram("h", "H.", {1});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&registry, counter, histogram]() mutable {
      for (int n = 0; n < 1000; ++n) {
        counter.add();
        histogram.observe(0.5);
        if (n % 250 == 0) registry.counter("late_total", "L.", {{"n", std::to_string(n)}}).add();
      }
      EXPECT_THAT(registry.text(), HasSubstr("c_total"));
    });
  }
  threads.clear();
  const auto text = registry.text();
  EXPECT_EQ(sample(text, "c_total"), 4000);
  EXPECT_EQ(sample(text, "h_count"), 4000);
  EXPECT_EQ(sample(text, "late_total{n=\"250\"}"), 4);
}

TEST(MetricsDeathTest, a_name_that_prometheus_cannot_read_is_a_bug) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Registry registry;
  EXPECT_DEATH(registry.counter("no spaces", "C."), "");
  EXPECT_DEATH(registry.histogram("no spaces", "H.", {1}), "");
}

TEST(ProcessMetrics, are_plausible) {
  const auto text = Registry().text();
  EXPECT_GE(sample(text, "process_cpu_seconds_total"), 0);
  EXPECT_GT(sample(text, "process_resident_memory_bytes"), 1024 * 1024);
  // Within the time this program was written and the next century.
  EXPECT_GT(sample(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_LT(sample(text, "process_start_time_seconds"), 5e9);
}

TEST(ProcessMetrics, an_open_file_counts) {
  Registry registry;
  const auto before = sample(registry.text(), "process_open_fds");
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(sample(registry.text(), "process_open_fds"), before + 1);
  ::close(file);
  EXPECT_EQ(sample(registry.text(), "process_open_fds"), before);
}

}  // namespace
}  // namespace signet::telemetry
