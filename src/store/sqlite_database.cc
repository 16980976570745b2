#include "store/sqlite_database.h"

#include <utility>

#include "base/try.h"

namespace signet::store {

void Statement::bind(int index, std::string_view blob) {
  // A null pointer would bind NULL instead of no bytes.
  const char* bytes = blob.data() == nullptr ? "" : blob.data();
  sqlite3_bind_blob64(get(), index, bytes, blob.size(), SQLITE_STATIC);
}

Result<bool, Failure> Statement::step() {
  const int code = sqlite3_step(get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Failure failure{.code = code, .message = sqlite3_errmsg(sqlite3_db_handle(get()))};
  reset();
  return std::unexpected(std::move(failure));
}

Result<void, Failure> Statement::run() {
  for (bool more = true; more;) {
    TRY(more, step());
  }
  reset();
  return {};
}

std::string_view Statement::blob(int column) const {
  // In this order: the size is that of the representation column_blob() made.
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(get(), column));
  const int size = sqlite3_column_bytes(get(), column);
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

Result<Database, Failure> Database::open(const std::string& path) {
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &connection,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(connection);
  if (code != SQLITE_OK) {
    return std::unexpected(connection == nullptr
                               ? Failure{.code = code, .message = sqlite3_errstr(code)}
                               : database.failure(code));
  }
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

void Database::accept() {
  sqlite3_db_config(get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

Result<void, Failure> Database::execute(const char* sql) {
  const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(code));
  return {};
}

Result<Statement, Failure> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(code));
  return Statement(statement);
}

Result<std::string, Failure> Database::text(std::string_view sql) {
  TRY(Statement statement, prepare(sql));
  TRY(const bool found, statement.step());
  return found ? std::string(statement.blob(0)) : std::string();
}

}  // namespace signet::store
