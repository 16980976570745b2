#include "telemetry/process_metrics.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

#include "base/cat.h"

namespace signet::telemetry {
namespace {

std::optional<double> cpu_seconds() {
  std::timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return std::nullopt;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::optional<double> resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return std::nullopt;
  double count = -1;  // the listing itself holds one
  for (auto at = entries; at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count;
}

std::optional<double> boot_time() {
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line);) {
    std::istringstream fields(line);
    std::string name;
    double seconds = 0;
    if (fields >> name >> seconds && name == "btime") return seconds;
  }
  return std::nullopt;
}

// Fixed when the process starts, so read once.
std::optional<double> read_start_time() {
  std::ifstream file("/proc/self/stat");
  std::string stat;
  std::getline(file, stat);
  // The second field is the program's name in parentheses and may hold spaces.
  const auto name_end = stat.rfind(')');
  const auto boot = boot_time();
  if (name_end == std::string::npos || !boot) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  return *boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void append_metric(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, std::optional<double> value) {
  if (!value) return;
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *value).ptr;
  append(out, "# HELP ", name, ' ', help, "\n# TYPE ", name, ' ', type, '\n', name, ' ',
         std::string_view(digits.data(), end), '\n');
}

}  // namespace

void append_process_metrics(std::string& out) {
  static const auto start_time = read_start_time();
  append_metric(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.",
                cpu_seconds());
  append_metric(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
                resident_bytes());
  append_metric(out, "process_open_fds", "gauge", "Open file descriptors.", open_descriptors());
  append_metric(out, "process_start_time_seconds", "gauge",
                "When the process started, in seconds since 1970.", start_time);
}

}  // namespace signet::telemetry
