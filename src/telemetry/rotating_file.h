// A file of lines that only grows up to a size: then it is put aside under a name that tells when,
// and a new one begins.
//
//   TRY(auto file, RotatingFile::open({.path = "/var/log/audit.log"}, clock));
//   const auto outcome = file.append(lines);  // outcome.written of them are in the file
//
// Shape    "audit.log" becomes "audit-2026-11-28T08-52-45.123.log" (UTC). What is no regular file
//          (a pipe, a device) is written to and never put aside; the path "-" is standard output.
// Errors   open() says why the file cannot be written. Later nothing is fatal: append() writes a
//          line whole or not at all, says what was in the way, and tries again at the next call.
// Limits   the file has `bytes_max`, or one line that is longer.
// Threads  one.
// Source   the names and options of kube-apiserver's --audit-log-* files.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace signet::telemetry {

class RotatingFile {
 public:
  struct Options {
    std::string path;
    std::uint64_t bytes_max = std::uint64_t{100} << 20;
    std::size_t backups_max = 0;   // 0: all are kept
    std::chrono::days age_max{0};  // of a backup; 0: however old
  };
  struct Outcome {
    std::size_t written = 0;  // lines, from the first on
    std::string problem;      // empty: none, and all were written
  };

  // Makes the directory (0700) and the file (0600) where they are missing. `clock` outlives it.
  static Result<RotatingFile> open(Options options, const Clock& clock);

  // Each of `lines` ends with a new line.
  Outcome append(std::span<const std::string> lines);

 private:
  RotatingFile(Options options, const Clock& clock);

  bool open_file();
  bool rotate();
  void remove_old() const;
  std::string backup_name(Instant now) const;
  std::size_t write_lines(std::span<const std::string> lines);
  void fail_with(std::string_view what, int error);

  Options options_;
  const Clock* clock_;
  std::string stem_;       // of the path, up to its extension
  std::string extension_;  // ".log", or empty
  Fd fd_;
  bool regular_ = false;
  std::uint64_t size_ = 0;
  std::string problem_;
  std::string buffer_;
};

}  // namespace signet::telemetry
