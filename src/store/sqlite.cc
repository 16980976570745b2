#include "store/sqlite.h"

#include <algorithm>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "store/precondition.h"
#include "store/sqlite_file.h"

namespace signet::store {
namespace {

constexpr int checkpoint_pages = 1000;
// Compaction is done in steps of at least so many revisions, because rows that become obsolete
// together often share a page.
constexpr Revision compaction_step = 256;

constexpr std::string_view insert_sql =
    "INSERT INTO revisions(rev, key, prev, value, deleted, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
constexpr std::string_view newest_sql =
    "SELECT rev, deleted FROM revisions INDEXED BY newest WHERE key = ?1 "
    "ORDER BY rev DESC LIMIT 1";
constexpr std::string_view drop_superseded_sql =
    "DELETE FROM revisions WHERE rev IN "
    "(SELECT prev FROM revisions NOT INDEXED WHERE rev > ?1 AND rev <= ?2 AND prev > 0)";
constexpr std::string_view drop_deleted_sql =
    "DELETE FROM revisions WHERE rev > ?1 AND rev <= ?2 AND deleted = 1";

struct Statements {
  Statement begin;
  Statement commit;
  Statement rollback;
  Statement insert;
  Statement newest;
  Statement drop_superseded;
  Statement drop_deleted;

  static Result<Statements, Failure> prepare(Database& database) {
    TRY(Statement begin, database.prepare("BEGIN IMMEDIATE"));
    TRY(Statement commit, database.prepare("COMMIT"));
    TRY(Statement rollback, database.prepare("ROLLBACK"));
    TRY(Statement insert, database.prepare(insert_sql));
    TRY(Statement newest, database.prepare(newest_sql));
    TRY(Statement drop_superseded, database.prepare(drop_superseded_sql));
    TRY(Statement drop_deleted, database.prepare(drop_deleted_sql));
    return Statements{.begin = std::move(begin),
                      .commit = std::move(commit),
                      .rollback = std::move(rollback),
                      .insert = std::move(insert),
                      .newest = std::move(newest),
                      .drop_superseded = std::move(drop_superseded),
                      .drop_deleted = std::move(drop_deleted)};
  }
};

// The first string after all that start with `prefix`; empty if there is none.
std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace

class SqliteStore::Writer {
 public:
  Writer(OpenedFile file, Statements statements, std::string path, Options options)
      : path_(std::move(path)),
        options_(options),
        file_(std::move(file)),
        statements_(std::move(statements)),
        position_(file_.position) {
    sqlite3_wal_hook(
        file_.database.get(),
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<Writer*>(self)->log_pages_ = pages;
          return SQLITE_OK;
        },
        this);
  }

  std::vector<CommitThread::Outcome> commit_all(std::span<const Write> batch);
  void checkpoint_if_due();
  Result<Range> range(std::string_view prefix);

 private:
  using Outcomes = std::vector<CommitThread::Outcome>;

  Result<Outcomes, Failure> transact(std::span<const Write> batch, Position& position);
  Result<CommitThread::Outcome, Failure> write_one(const Write& write, Position& position);
  Result<void, Failure> compact(std::size_t writes, Position& position);
  Result<std::vector<std::pair<Entry, bool>>, Failure> read(std::string_view prefix);
  void note(std::string_view what, const Failure* failure, bool& failing);

  const std::string path_;
  const Options options_;
  std::mutex mutex_;  // the connection and all below
  OpenedFile file_;
  Statements statements_;
  Position position_;
  int log_pages_ = 0;
  bool commit_failing_ = false;
  bool checkpoint_failing_ = false;
};

std::vector<CommitThread::Outcome> SqliteStore::Writer::commit_all(std::span<const Write> batch) {
  const std::scoped_lock lock(mutex_);
  Position position = position_;
  auto outcomes = transact(batch, position);
  note("the store cannot commit", outcomes ? nullptr : &outcomes.error(), commit_failing_);
  if (outcomes) {
    position_ = position;
    return *std::move(outcomes);
  }
  // A failed statement may or may not have ended the transaction already.
  // If even the rollback fails, every BEGIN that follows will, and nothing is acknowledged.
  if (file_.database.in_transaction()) {
    const auto rolled_back = statements_.rollback.run();
    if (!rolled_back) {
      log::error("the store cannot roll back", {{"reason", rolled_back.error().message}});
    }
  }
  const CommitError error{.kind = CommitError::Kind::unavailable,
                          .actual = 0,
                          .message = explain(outcomes.error(), path_).message};
  return Outcomes(batch.size(), CommitThread::Outcome(std::unexpected(error)));
}

auto SqliteStore::Writer::transact(std::span<const Write> batch, Position& position)
    -> Result<Outcomes, Failure> {
  TRY_VOID(statements_.begin.run());
  TRY_VOID(compact(batch.size(), position));
  Outcomes outcomes;
  outcomes.reserve(batch.size());
  for (const Write& write : batch) {
    TRY(auto outcome, write_one(write, position));
    outcomes.push_back(std::move(outcome));
  }
  TRY_VOID(statements_.commit.run());
  return outcomes;
}

Result<CommitThread::Outcome, Failure> SqliteStore::Writer::write_one(const Write& write,
                                                                      Position& position) {
  statements_.newest.bind(1, write.key);
  TRY(const bool found, statements_.newest.step());
  const Revision prev = found ? statements_.newest.integer(0) : 0;
  const bool deleted = found && statements_.newest.integer(1) != 0;
  statements_.newest.reset();
  if (auto refused = refusal(write, deleted ? 0 : prev)) {
    return CommitThread::Outcome(std::unexpected(*std::move(refused)));
  }
  const Row row{
      .revision = position.newest + 1, .key = write.key, .prev = prev, .value = write.value};
  Statement& insert = statements_.insert;
  insert.bind(1, row.revision);
  insert.bind(2, row.key);
  insert.bind(3, row.prev);
  if (row.value) {
    insert.bind(4, *row.value);
  } else {
    insert.bind_null(4);
  }
  insert.bind(5, row.value ? 0 : 1);
  insert.bind(6, checksum(row));
  TRY_VOID(insert.run());
  position.newest = row.revision;
  return CommitThread::Outcome(row.revision);
}

// Never reaches the newest row, because history is at least 1; moves faster than writes come in.
Result<void, Failure> SqliteStore::Writer::compact(std::size_t writes, Position& position) {
  const Revision target = position.newest - std::max<Revision>(options_.history, 1);
  if (target - position.compacted < compaction_step) return {};
  const Revision end = std::min(
      target, position.compacted + std::max(compaction_step, 2 * static_cast<Revision>(writes)));
  for (Statement* drop : {&statements_.drop_superseded, &statements_.drop_deleted}) {
    drop->bind(1, position.compacted);
    drop->bind(2, end);
    TRY_VOID(drop->run());
  }
  position.compacted = end;
  return {};
}

void SqliteStore::Writer::checkpoint_if_due() {
  const std::scoped_lock lock(mutex_);
  if (log_pages_ < checkpoint_pages) return;
  const int code = sqlite3_wal_checkpoint_v2(file_.database.get(), nullptr,
                                             SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK) {
    log_pages_ = 0;
    note("", nullptr, checkpoint_failing_);
    return;
  }
  const Failure failure = file_.database.failure(code);
  note("the store cannot write its log back", &failure, checkpoint_failing_);
}

// One line when it begins, one when it ends.
void SqliteStore::Writer::note(std::string_view what, const Failure* failure, bool& failing) {
  if (failing == (failure != nullptr)) return;
  failing = failure != nullptr;
  if (failing) {
    log::error(what, {{"reason", explain(*failure, path_).message}});
  } else {
    log::warn("the store works again");
  }
}

Result<Store::Range> SqliteStore::Writer::range(std::string_view prefix) {
  const std::scoped_lock lock(mutex_);
  auto rows = read(prefix);
  if (!rows) return std::unexpected(explain(rows.error(), path_));
  Range range{.revision = position_.newest, .entries = {}};
  range.entries.reserve(rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    auto& [entry, deleted] = (*rows)[i];
    const bool superseded = i + 1 < rows->size() && (*rows)[i + 1].first.key == entry.key;
    if (!superseded && !deleted) range.entries.push_back(std::move(entry));
  }
  return range;
}

// By key, then by revision, what is superseded or deleted included. Everything is read in the order
// of the file and sorted here: through the index each row would cost a page.
Result<std::vector<std::pair<Entry, bool>>, Failure> SqliteStore::Writer::read(
    std::string_view prefix) {
  const std::string end = prefix_end(prefix);
  std::string sql = cat("SELECT ", row_columns, " FROM revisions ");
  if (prefix.empty()) {
    sql += "NOT INDEXED";
  } else {
    append(sql, "INDEXED BY newest WHERE key >= ?1", end.empty() ? "" : " AND key < ?2");
  }
  TRY(Statement rows, file_.database.prepare(sql));
  if (!prefix.empty()) rows.bind(1, prefix);
  if (!end.empty()) rows.bind(2, end);
  std::vector<std::pair<Entry, bool>> read;
  while (true) {
    TRY(const bool more, rows.step());
    if (!more) break;
    TRY(const Row row, read_row(rows));
    read.emplace_back(Entry{.key = std::string(row.key),
                            .value = std::string(row.value.value_or("")),
                            .revision = row.revision},
                      !row.value);
  }
  std::ranges::sort(read, [](const auto& a, const auto& b) {
    const int order = a.first.key.compare(b.first.key);
    return order < 0 || (order == 0 && a.first.revision < b.first.revision);
  });
  return read;
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, Options options) {
  TRY(OpenedFile file, open_file(path));
  auto statements = Statements::prepare(file.database);
  if (!statements) return std::unexpected(explain(statements.error(), path));
  return std::unique_ptr<SqliteStore>(new SqliteStore(
      std::make_unique<Writer>(std::move(file), *std::move(statements), path, options)));
}

SqliteStore::SqliteStore(std::unique_ptr<Writer> writer)
    : writer_(std::move(writer)),
      thread_([this](std::span<const Write> batch) { return writer_->commit_all(batch); },
              [this] { writer_->checkpoint_if_due(); }) {}

SqliteStore::~SqliteStore() = default;

Result<Store::Range> SqliteStore::range(std::string_view prefix) {
  return writer_->range(prefix);
}

}  // namespace signet::store
