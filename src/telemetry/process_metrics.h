// What the operating system says about this process, in the names every Prometheus client uses:
// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds,
// process_start_time_seconds.
//
// Source   proc(5). A value that cannot be read is left out.
#pragma once

#include <string>

namespace signet::telemetry {

void append_process_metrics(std::string& out);

}  // namespace signet::telemetry
