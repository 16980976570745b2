#include "store/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/cat.h"
#include "base/fd.h"
#include "base/try.h"

namespace signet::store {
namespace {

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string words(int number) {
  return std::generic_category().message(number);
}

std::unexpected<Error> damaged(const std::string& path, std::string_view reason) {
  return fail(ErrorKind::invalid, cat("the database ", path, " is damaged (", reason,
                                      "): move it away or restore a copy"));
}

Error system_error(const std::string& path, int number) {
  const std::string directory = directory_of(path);
  switch (number) {
    case ENOENT:
      return {ErrorKind::not_found,
              cat("the data directory ", directory, " does not exist: create it")};
    case ENOTDIR:
      return {ErrorKind::invalid, cat("the data directory ", directory,
                                      " is not a directory: choose another --data-dir")};
    case EACCES:
    case EPERM:
    case EROFS:
      return {ErrorKind::forbidden,
              cat("the data directory ", directory, " cannot be written (", words(number),
                  "): give this user access or choose another --data-dir")};
    case ENOSPC:
    case EDQUOT:
      return {ErrorKind::unavailable,
              cat("the disk of the data directory ", directory, " is full: free some space")};
    default:
      return {ErrorKind::unavailable, cat("the data directory ", directory, " cannot be used (",
                                          words(number), "): check the disk")};
  }
}

Result<void> sync(const std::string& path, int flags) {
  const Fd file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return std::unexpected(system_error(path, errno));
  return {};
}

// Nothing is synced before the end: until the rename nobody would miss the file.
Result<void, Failure> fill_new(const std::string& path) {
  TRY(Database database, Database::open(path));
  database.accept();
  TRY_VOID(
      database.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=OFF;"
                       "PRAGMA journal_mode=OFF; BEGIN"));
  TRY_VOID(database.execute(cat("PRAGMA application_id=", application_id).c_str()));
  TRY_VOID(database.execute(cat("PRAGMA user_version=", schema_version).c_str()));
  for (const char* statement : schema) TRY_VOID(database.execute(statement));
  return database.execute("COMMIT; PRAGMA journal_mode=WAL");
}

Result<void> create(const std::string& path) {
  const std::string fresh = path + ".new";
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(system_error(path, errno));
  }
  {
    const Fd file(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return std::unexpected(system_error(path, errno));
  }
  if (auto filled = fill_new(fresh); !filled) {
    ::unlink(fresh.c_str());
    return std::unexpected(explain(filled.error(), path));
  }
  TRY_VOID(sync(fresh, O_RDWR));
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return std::unexpected(system_error(path, errno));
  }
  return sync(directory_of(path), O_RDONLY | O_DIRECTORY);
}

// https://www.sqlite.org/fileformat.html s1.3: fields that this program sets once and for all are
// looked at before SQLite touches the file.
Result<void> check_header(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return std::unexpected(system_error(path, errno));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(system_error(path, errno));
  if (!S_ISREG(status.st_mode)) return damaged(path, "it is not a file");
  if (status.st_size == 0) return damaged(path, "it is empty");
  std::array<char, 100> header{};
  if (::pread(file.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
    return damaged(path, "it is too short");
  }
  const std::string_view bytes(header.data(), header.size());
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (const char c : bytes.substr(at, 4)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  };
  if (!bytes.starts_with(std::string_view("SQLite format 3\0", 16))) {
    return damaged(path, "it is not an SQLite database");
  }
  if (number(68) != application_id) return damaged(path, "it was not made by signet");
  if (number(60) > schema_version) {
    return fail(ErrorKind::invalid,
                cat("the database ", path, " was made by a newer signet (schema ", number(60),
                    ", this one knows ", schema_version, "): use that version"));
  }
  if (number(60) != schema_version) return damaged(path, "its schema has no known version");
  if (header[18] != 2 || header[19] != 2) return damaged(path, "it is not in WAL mode");
  return {};
}

Result<void, Failure> check_schema(Database& database) {
  TRY(Statement rows, database.prepare("SELECT sql FROM sqlite_schema ORDER BY rowid"));
  std::size_t count = 0;
  while (true) {
    TRY(const bool more, rows.step());
    if (!more) break;
    if (count == schema.size() || rows.blob(0) != schema.at(count)) {
      count = 0;
      break;
    }
    ++count;
  }
  if (count == schema.size()) return {};
  return std::unexpected(Failure{.code = SQLITE_CORRUPT, .message = "its tables are not ours"});
}

Result<Position, Failure> check(Database& database) {
  // Exclusive before the first read: then the log needs no shared memory, and no other program
  // changes what is under us. 2 MiB of cache; temporary tables never reach the disk.
  TRY_VOID(
      database.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-2048;"
                       "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
                       "PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=0;"
                       "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216"));
  TRY_VOID(check_schema(database));
  TRY(const std::string mode, database.text("PRAGMA journal_mode"));
  if (mode != "wal") {
    return std::unexpected(Failure{.code = SQLITE_CORRUPT, .message = "it is not in WAL mode"});
  }
  // Structure, free pages included: a page that is in use and free at once would be overwritten.
  TRY(const std::string verdict, database.text("PRAGMA quick_check(1)"));
  if (verdict != "ok") {
    // Its first line only names the schema.
    return std::unexpected(
        Failure{.code = SQLITE_CORRUPT, .message = verdict.substr(verdict.rfind('\n') + 1)});
  }
  return check_rows(database);
}

}  // namespace

Error explain(const Failure& failure, const std::string& path) {
  switch (failure.code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_TOOBIG:
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
      return damaged(path, failure.message).error();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {ErrorKind::conflict,
              cat("the database ", path, " is in use by another program: close it")};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return {ErrorKind::forbidden, cat("the database ", path, " cannot be written (",
                                        failure.message, "): give this user access")};
    case SQLITE_FULL:
      return system_error(path, ENOSPC);
    default:
      return {ErrorKind::unavailable, cat("the database ", path, " cannot be used (",
                                          failure.message, "): check the disk")};
  }
}

Result<DirectoryLock> DirectoryLock::take(const std::string& database_path) {
  const std::string path = database_path + ".lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return std::unexpected(system_error(database_path, errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(system_error(database_path, errno));
    std::array<char, 16> text{};
    const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
    std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    pid = pid.substr(0, pid.find_first_not_of("0123456789"));
    return fail(
        ErrorKind::conflict,
        cat("the data directory ", directory_of(database_path), " is in use by another signet",
            pid.empty() ? "" : cat(" (pid ", pid, ")"), ": stop it or choose another --data-dir"));
  }
  // For people only: the lock is what counts, so a full disk is no reason to refuse.
  const std::string pid = cat(::getpid(), '\n');
  if (::ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(file.get(), pid.data(), pid.size(), 0);
  }
  return DirectoryLock(std::move(file));
}

Result<OpenedFile> open_file(const std::string& path) {
  TRY(DirectoryLock lock, DirectoryLock::take(path));
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return std::unexpected(system_error(path, errno));
    // SQLite would take the rest of another database for the log of the new one.
    if (::lstat((path + "-wal").c_str(), &status) == 0) {
      return damaged(path, "it is gone, but its -wal file is there");
    }
    TRY_VOID(create(path));
  }
  TRY_VOID(check_header(path));
  auto database = Database::open(path);
  if (!database) return std::unexpected(explain(database.error(), path));
  auto position = check(*database);
  if (!position) return std::unexpected(explain(position.error(), path));
  database->accept();
  return OpenedFile{
      .lock = std::move(lock), .database = *std::move(database), .position = *position};
}

}  // namespace signet::store
