// Keeps the migration ledger over a restart, in a small file of its own.
//
//   LedgerFile file({.path = DIR + "/token-report.json"}, ledger, clock);   // reads it, then
//   follows
//
// Shape    written whole and atomically every `interval` in which something changed, and at the
//          end. After a crash up to `interval` of what was seen is lost, and nothing older.
// Errors   none is fatal: a file that is no report is put aside as PATH.damaged with a log line,
//          and one that cannot be written is logged, once until it can be again.
// Limits   the ledger's; a file of 64 MiB is read.
// Threads  one of its own, so that no loop waits for a disk. save() not beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "identity/migration_ledger.h"

namespace signet::identity {

class LedgerFile {
 public:
  struct Options {
    std::string path;
    std::chrono::milliseconds interval = std::chrono::seconds{30};
    bool follow = true;  // write by itself
  };

  // `ledger` and `clock` outlive it.
  LedgerFile(Options options, MigrationLedger& ledger, const Clock& clock);
  ~LedgerFile();
  LedgerFile(const LedgerFile&) = delete;
  LedgerFile& operator=(const LedgerFile&) = delete;

  // Writes what changed since the last time.
  void save();

 private:
  void load();
  void follow(const std::stop_token& stop);

  Options options_;
  MigrationLedger& ledger_;
  const Clock& clock_;
  std::uint64_t saved_ = 0;  // the version that is in the file
  bool writable_ = true;
  std::jthread follower_;
};

}  // namespace signet::identity
