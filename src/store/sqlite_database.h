// A connection to SQLite and its prepared statements, with results instead of codes.
//
// Errors   Failure carries SQLite's extended result code and its own words.
// Threads  one at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/release.h"
#include "base/result.h"

namespace signet::store {

struct Failure {
  int code = SQLITE_ERROR;
  std::string message;
};

// A view bound by bind() must stay true until the statement was reset.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  void bind(int index, std::int64_t number) { sqlite3_bind_int64(get(), index, number); }
  void bind(int index, std::string_view blob);
  void bind_null(int index) { sqlite3_bind_null(get(), index); }

  // True while there is a row to look at.
  Result<bool, Failure> step();
  // Steps to the end, then resets.
  Result<void, Failure> run();
  void reset() { sqlite3_reset(get()); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(get(), column); }
  std::string_view blob(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(get(), column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* get() const { return statement_.get(); }

  std::unique_ptr<sqlite3_stmt, Release<sqlite3_finalize>> statement_;
};

class Database {
 public:
  // The file must exist. Closing leaves the log of an unaccepted database as it is.
  static Result<Database, Failure> open(const std::string& path);

  // From now on closing writes the log into the database and removes it.
  void accept();

  Result<void, Failure> execute(const char* sql);
  Result<Statement, Failure> prepare(std::string_view sql);
  // The first column of the first row, as text; empty if there is no row.
  Result<std::string, Failure> text(std::string_view sql);
  bool in_transaction() const { return sqlite3_get_autocommit(get()) == 0; }

  sqlite3* get() const { return connection_.get(); }
  Failure failure(int code) const { return {.code = code, .message = sqlite3_errmsg(get())}; }

 private:
  explicit Database(sqlite3* connection) : connection_(connection) {}

  std::unique_ptr<sqlite3, Release<sqlite3_close_v2>> connection_;
};

}  // namespace signet::store
