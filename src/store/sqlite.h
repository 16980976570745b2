// The store on one machine's disk: SQLite, one writer thread, everything queued in one transaction.
//
//   TRY(auto store, SqliteStore::open("data/state.db"));
//
// Shape    an append-only table of revisions. Readers are served from memory, so a row is needed
//          only until it is superseded; Options::history of those are kept, for a person with
//          the sqlite3 program, and older ones are deleted by the transactions that follow. The
//          newest row of all is never deleted: the revision counter cannot go backwards. Space that
//          becomes free is used again; the file does not shrink.
// Units    the log (-wal) is written back at 1000 pages (4 MB), after callers were answered, and is
//          thus never larger than that and one batch. 2 MiB of page cache.
// Errors   open(): kinds and sentences are those of sqlite_file.h; damage anywhere in the file is
//          noticed, the log after a crash is read up to the first record that is not whole.
//          commit(): a full disk or a failing one is CommitError::unavailable for the whole batch,
//          nothing of it is kept, and later writes are tried afresh.
// I/O      fsync of the log before anything of a batch is told (WAL, synchronous=FULL). Files are
//          made with mode 0600. open() reads the whole file once.
// Threads  as Store says. range() waits for the batch that is being committed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "store/commit_thread.h"
#include "store/store.h"

namespace signet::store {

class SqliteStore final : public Store {
 public:
  struct Options {
    std::int64_t history = 1000;  // revisions, 1 or more
  };

  // The directory of `path` must exist; the file is made if it does not.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, Options options);
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path) {
    return open(path, Options());
  }
  ~SqliteStore() override;

  Result<Range> range(std::string_view prefix) override;
  void observe(Observer& observer) override { thread_.observe(observer); }
  void commit(Write write, Committed done) override {
    thread_.push(std::move(write), std::move(done));
  }
  void stop() override { thread_.stop(); }

 private:
  class Writer;
  explicit SqliteStore(std::unique_ptr<Writer> writer);

  std::unique_ptr<Writer> writer_;
  CommitThread thread_;  // last: it uses the writer
};

}  // namespace signet::store
