// Writes audit events, one line of JSON each, on a thread of its own, so that no loop waits for a
// disk.
//
//   TRY(const auto log, AuditLog::open(options, clock, metrics));
//   log->write(line);                                   // and forget it
//   log->write(line, loop, [](bool written) { ... });   // and hear of it, on the loop
//
// Shape    what is queued while the thread writes goes out with the next write.
// Errors   open() says why the log cannot be written. Afterwards a line that cannot be written is
//          dropped and counted (apiserver_audit_error_total), the first and the last of a row of
//          failures are logged, and the next line is tried again.
// Limits   `queue_events_max` lines and `queue_bytes_max` bytes wait; what comes on top is dropped
//          and counted as well.
// Threads  write() and flush() from any thread. The destructor writes what is queued.
// Source   kube-apiserver's log backend: names of the flags, modes and metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"
#include "telemetry/metrics.h"
#include "telemetry/rotating_file.h"

namespace signet::telemetry {

enum class AuditLogMode : std::uint8_t {
  batch,            // a request does not wait for its events, which are written some 20 ms later
  blocking,         // it is answered once they were handed to the system, or could not be
  blocking_strict,  // and is refused if the first could not be
};

struct AuditLogOptions {
  RotatingFile::Options file;  // an empty path: no log
  AuditLogMode mode = AuditLogMode::blocking;
  std::size_t queue_events_max = 10'000;
  std::size_t queue_bytes_max = std::size_t{64} << 20;
};

class AuditLog {
 public:
  using Done = std::move_only_function<void(bool written)>;

  // `clock` and `metrics` outlive it, and so do the executors of what is still to be heard of.
  static Result<std::unique_ptr<AuditLog>> open(AuditLogOptions options, const Clock& clock,
                                                Registry& metrics);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  AuditLogMode mode() const;
  // `line` ends with a new line and has no other.
  void write(std::string line);
  void write(std::string line, Executor& executor, Done done);
  // Returns once everything that was queued before is written, or could not be.
  void flush();

 private:
  struct Impl;
  explicit AuditLog(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::telemetry
