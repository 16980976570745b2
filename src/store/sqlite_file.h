// Opens the database file of a SqliteStore, or says in one sentence why not and what to do.
//
// Shape    DIR/state.db with its -wal beside it, and DIR/state.db.lock, which is locked with flock
//          while the store is open and names the process. A new database is made under another
//          name and renamed when it is whole, so that an empty or half-made file is always damage.
// Errors   conflict: in use. invalid: damaged, or made by a newer signet. forbidden: no permission.
//          not_found: no such directory. unavailable: the disk is full or does not answer.
//          After an error the files are as they were.
#pragma once

#include <string>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "store/sqlite_database.h"
#include "store/sqlite_rows.h"

namespace signet::store {

// Holds a file descriptor and with it the lock.
class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const std::string& database_path);

 private:
  explicit DirectoryLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

struct OpenedFile {
  DirectoryLock lock;  // first: released after the database is closed
  Database database;
  Position position;
};

Result<OpenedFile> open_file(const std::string& path);

// The sentence for a failure of SQLite on the database at `path`.
Error explain(const Failure& failure, const std::string& path);

}  // namespace signet::store
