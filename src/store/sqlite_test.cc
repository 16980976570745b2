// What is particular to SqliteStore: files, damage, locks, full disks, compaction.
#include "store/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "store/conformance/harness.h"
#include "store/sqlite_rows.h"

namespace signet::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class SqliteStoreFile : public testing::Test {
 public:
  const TemporaryDirectory directory;
  const std::string path = directory.database();

  std::unique_ptr<SqliteStore> must_open(SqliteStore::Options options = {}) const {
    auto store = SqliteStore::open(path, options);
    EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message);
    return store ? *std::move(store) : nullptr;
  }
  Error error() const {
    auto store = SqliteStore::open(path);
    EXPECT_FALSE(store.has_value());
    return store ? Error{} : store.error();
  }
  void expect_damaged(std::string_view reason) const {
    const Error found = error();
    EXPECT_EQ(found.kind, ErrorKind::invalid);
    EXPECT_THAT(found.message,
                AllOf(StartsWith(cat("the database ", path, " is damaged (")),
                      HasSubstr(std::string(reason)), HasSubstr("move it away or restore a copy")));
  }
  std::string bytes() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(std::string_view content) const {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << content;
  }
  // Runs SQL on the closed database, as a person with the sqlite3 program might.
  void tamper(const std::string& sql) const {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }
  std::int64_t count_rows() const {
    sqlite3* connection = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &connection), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection, "SELECT count(*) FROM revisions", -1, &statement, nullptr);
    sqlite3_step(statement);
    const std::int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return count;
  }
  // Some of everything: long and empty values, rewritten and deleted keys.
  Contents fill() const {
    auto store = must_open();
    for (int i = 0; i < 60; ++i) {
      EXPECT_TRUE(
          put(*store, cat("pods/ns/", i),
              std::string(static_cast<std::size_t>(i) * 40, static_cast<char>('a' + i % 26)))
              .has_value());
    }
    EXPECT_TRUE(put(*store, "long", std::string(20000, 'x')).has_value());
    for (int i = 0; i < 60; i += 3) EXPECT_TRUE(put(*store, cat("pods/ns/", i), "").has_value());
    for (int i = 1; i < 60; i += 6) EXPECT_TRUE(erase(*store, cat("pods/ns/", i)).has_value());
    return contents(store->range("")->entries);
  }
};

TEST_F(SqliteStoreFile, everything_is_there_after_reopening) {
  const Contents before = fill();
  auto store = must_open();
  const auto range = store->range("");
  EXPECT_EQ(contents(range->entries), before);
  EXPECT_EQ(range->revision, 91);
  EXPECT_EQ(put(*store, "next", "v").value(), 92);
  EXPECT_EQ(put(*store, "pods/ns/0", "w", 62).value(), 93);
}

TEST_F(SqliteStoreFile, files_are_for_the_owner_only) {
  auto store = must_open();
  ASSERT_TRUE(put(*store, "a", "v").has_value());
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    names.push_back(entry.path().filename().string());
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << entry.path();
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("state.db", "state.db-wal", "state.db.lock"));
}

// ---- who may open

TEST_F(SqliteStoreFile, in_use_names_the_process) {
  auto store = must_open();
  const Error found = error();
  EXPECT_EQ(found.kind, ErrorKind::conflict);
  EXPECT_EQ(found.message, cat("the data directory ", directory.path().string(),
                               " is in use by another signet (pid ", ::getpid(),
                               "): stop it or choose another --data-dir"));
  EXPECT_TRUE(put(*store, "a", "still works").has_value());
  store.reset();
  EXPECT_TRUE(SqliteStore::open(path).has_value());
}

TEST_F(SqliteStoreFile, another_program_with_a_lock_is_named_as_such) {
  fill();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const Error found = error();
  sqlite3_close(other);
  EXPECT_EQ(found.kind, ErrorKind::conflict);
  EXPECT_THAT(found.message, HasSubstr("is in use by another program: close it"));
}

TEST_F(SqliteStoreFile, missing_directory_says_create_it) {
  const std::string missing = (directory.path() / "no" / "state.db").string();
  const auto store = SqliteStore::open(missing);
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind, ErrorKind::not_found);
  EXPECT_EQ(store.error().message, cat("the data directory ", (directory.path() / "no").string(),
                                       " does not exist: create it"));
}

TEST_F(SqliteStoreFile, directory_that_is_a_file_is_refused) {
  write("text");
  const auto store = SqliteStore::open(path + "/state.db");
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind, ErrorKind::invalid);
  EXPECT_THAT(store.error().message, HasSubstr("is not a directory"));
}

TEST_F(SqliteStoreFile, read_only_directory_is_forbidden) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const Error found = error();
  fs::permissions(directory.path(), fs::perms::owner_all);
  EXPECT_EQ(found.kind, ErrorKind::forbidden);
  EXPECT_THAT(found.message, HasSubstr("cannot be written"));
}

// ---- damage

TEST_F(SqliteStoreFile, a_database_that_is_a_directory_is_damaged) {
  fs::create_directory(path);
  expect_damaged("it is not a file");
}

TEST_F(SqliteStoreFile, what_is_not_a_database_is_damaged_and_left_alone) {
  struct Case {
    std::string content;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", "it is empty"},
      {"S", "it is too short"},
      {std::string(99, 'x'), "it is too short"},
      {std::string(100, 'x'), "it is not an SQLite database"},
      {std::string(5000, '\0'), "it is not an SQLite database"},
      {"apiVersion: v1\nkind: Config\n" + std::string(4096, '#'), "it is not an SQLite database"},
      {std::string("SQLite format 3\0", 16) + std::string(4080, '\0'), "it was not made by signet"},
  };
  for (const Case& row : cases) {
    write(row.content);
    expect_damaged(row.reason);
    EXPECT_EQ(bytes(), row.content);
  }
}

TEST_F(SqliteStoreFile, a_newer_schema_is_named_and_left_alone) {
  fill();
  tamper("PRAGMA user_version=2");
  const std::string before = bytes();
  const Error found = error();
  EXPECT_EQ(found.kind, ErrorKind::invalid);
  EXPECT_EQ(found.message, cat("the database ", path,
                               " was made by a newer signet (schema 2, "
                               "this one knows 1): use that version"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(SqliteStoreFile, changed_by_hand_is_damaged) {
  const Contents before = fill();
  const std::string whole = bytes();
  for (const char* sql : {
           "PRAGMA application_id=7",
           "PRAGMA user_version=0",
           "PRAGMA journal_mode=DELETE",
           "CREATE TABLE more(a)",
           "DROP INDEX newest",
           "UPDATE revisions SET value = x'00' WHERE rev = 1",
           "UPDATE revisions SET key = x'6162' WHERE rev = 2",
           "UPDATE revisions SET deleted = 1 WHERE rev = 2",
           "UPDATE revisions SET prev = 1 WHERE rev = 3",
           "UPDATE revisions SET rev = 1000 WHERE rev = 5",
           "INSERT INTO revisions VALUES(1000, x'61', 0, x'61', 0, 0)",
       }) {
    tamper(sql);
    expect_damaged("");
    write(whole);
  }
  EXPECT_EQ(contents(must_open()->range("")->entries), before);
}

TEST_F(SqliteStoreFile, a_lost_database_with_a_log_beside_it_is_not_begun_anew) {
  std::ofstream(path + "-wal") << "something";
  expect_damaged("it is gone, but its -wal file is there");
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(SqliteStoreFile, an_interrupted_creation_is_begun_again) {
  std::ofstream(path + ".new") << "half a database";
  ASSERT_NE(must_open(), nullptr);
  EXPECT_FALSE(fs::exists(path + ".new"));
}

// Whatever is opened must be exactly what was there.
class SqliteStoreDamage : public SqliteStoreFile {
 public:
  int opened = 0;
  int refused = 0;

  void judge(const Contents& original, const std::string& what) {
    fs::remove(path + "-wal");
    auto store = SqliteStore::open(path);
    if (!store) {
      ++refused;
      EXPECT_THAT(store.error().message, StartsWith(cat("the database ", path))) << what;
      return;
    }
    ++opened;
    auto range = (*store)->range("");
    ASSERT_TRUE(range.has_value()) << what;
    ASSERT_EQ(range->revision, 91) << what;
    ASSERT_EQ(contents(range->entries), original) << what;
    // What was accepted also works: a free list that lies would be noticed here.
    ASSERT_TRUE(put(**store, "after", std::string(9000, 'y')).has_value()) << what;
    auto after = (*store)->range("");
    ASSERT_TRUE(after.has_value()) << what;
    Contents expected = original;
    expected["after"] = {std::string(9000, 'y'), 92};
    ASSERT_EQ(contents(after->entries), expected) << what;
  }
};

TEST_F(SqliteStoreDamage, a_flipped_byte_is_refused_or_harmless) {
  const Contents original = fill();
  const std::string whole = bytes();
  ASSERT_GT(whole.size(), 40000U);
  std::mt19937 random(3);
  // Each byte of the file's header and of the pages' headers, and a sample of all others.
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < 112; ++i) places.push_back(i);
  for (std::size_t page = 4096; page < whole.size(); page += 4096) {
    for (std::size_t i = 0; i < 14; ++i) places.push_back(page + i);
  }
  for (int i = 0; i < 500; ++i) places.push_back(random() % whole.size());
  for (const std::size_t place : places) {
    std::string changed = whole;
    const auto flip = static_cast<unsigned char>(1U << (random() % 8));
    changed[place] = static_cast<char>(static_cast<unsigned char>(changed[place]) ^ flip);
    write(changed);
    judge(original, cat("byte ", place, " xor ", static_cast<int>(flip)));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(refused, 300);
  EXPECT_GT(opened, 0);  // unused space within pages
}

TEST_F(SqliteStoreDamage, a_zeroed_or_swapped_page_is_refused_or_harmless) {
  const Contents original = fill();
  const std::string whole = bytes();
  for (std::size_t page = 0; page < whole.size(); page += 4096) {
    std::string zeroed = whole;
    zeroed.replace(page, 4096, 4096, '\0');
    write(zeroed);
    judge(original, cat("zeroed page at ", page));
    std::string swapped = whole;
    const std::size_t other = (page + 4096) % whole.size();
    swapped.replace(page, 4096, whole, other, 4096);
    swapped.replace(other, 4096, whole, page, 4096);
    write(swapped);
    judge(original, cat("swapped page at ", page));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(refused, 20);
}

TEST_F(SqliteStoreDamage, a_truncated_file_is_refused) {
  const Contents original = fill();
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); size += size < 4096 ? 509 : 1777) {
    write(std::string_view(whole).substr(0, size));
    judge(original, cat("cut to ", size));
    if (HasFatalFailure()) return;
  }
  write(std::string_view(whole).substr(0, whole.size() - 1));
  judge(original, "cut by one");
  EXPECT_EQ(opened, 0);
}

// A log that is cut or changed after a crash gives an earlier state, never a mixture.
TEST_F(SqliteStoreFile, a_damaged_log_gives_an_earlier_state_or_is_refused) {
  std::vector<Contents> states;
  std::string log;
  std::string main;
  {
    auto store = must_open();
    states.push_back(contents(store->range("")->entries));
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(
          put(*store, cat("k", i % 7), std::string(300, static_cast<char>('a' + i))).has_value());
      states.push_back(contents(store->range("")->entries));
    }
    std::ifstream in(path + "-wal", std::ios::binary);
    log.assign(std::istreambuf_iterator<char>(in), {});
    main = bytes();  // as kill -9 would leave both
  }
  ASSERT_GT(log.size(), 30U * 4096U);
  std::mt19937 random(5);
  for (int round = 0; round < 150; ++round) {
    std::string changed = log;
    const std::size_t place = random() % log.size();
    if (round % 3 == 0) {
      changed.resize(place);
    } else {
      changed[place] = static_cast<char>(changed[place] ^ 0x10);
    }
    write(main);
    std::ofstream(path + "-wal", std::ios::binary | std::ios::trunc) << changed;
    auto store = SqliteStore::open(path);
    if (!store) continue;
    const auto range = (*store)->range("");
    ASSERT_TRUE(range.has_value());
    ASSERT_LE(range->revision, 30);
    ASSERT_EQ(contents(range->entries), states.at(static_cast<std::size_t>(range->revision)));
  }
  write(main);
  std::ofstream(path + "-wal", std::ios::binary | std::ios::trunc) << log;
  EXPECT_EQ(contents(must_open()->range("")->entries), states.back());
}

// ---- a full disk

// Files of this process cannot grow past a size: what a full disk looks like, without being root.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limited = old_;
    limited.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(SqliteStoreFile, a_full_disk_refuses_writes_keeps_the_rest_and_recovers) {
  Recorder recorder;
  Contents acknowledged;
  Revision last = 0;
  {
    auto store = must_open();
    store->observe(recorder);
    ASSERT_TRUE(put(*store, "before", "v").has_value());
    acknowledged["before"] = {"v", ++last};
    int refused = 0;
    {
      const FileSizeLimit limit(rlim_t{512} << 10U);
      for (int i = 0; i < 100; ++i) {
        const std::string value(20000, static_cast<char>('a' + i % 26));
        const Outcome outcome = put(*store, cat("k", i), value, 0);
        if (outcome) {
          acknowledged[cat("k", i)] = {value, ++last};
          ASSERT_EQ(*outcome, last);
        } else {
          ++refused;
          ASSERT_EQ(outcome.error().kind, CommitError::Kind::unavailable);
          EXPECT_FALSE(outcome.error().message.empty());
        }
      }
      EXPECT_EQ(contents(store->range("")->entries), acknowledged);
    }
    EXPECT_GT(refused, 10);
    EXPECT_LT(refused, 100);
    EXPECT_EQ(put(*store, "after", "v").value(), ++last);
    acknowledged["after"] = {"v", last};
    EXPECT_EQ(recorder.events().size(), acknowledged.size());
  }
  EXPECT_EQ(contents(must_open()->range("")->entries), acknowledged);
}

TEST_F(SqliteStoreFile, creation_on_a_full_disk_leaves_nothing_half_made) {
  {
    const FileSizeLimit limit(6000);
    const Error found = error();
    EXPECT_EQ(found.kind, ErrorKind::unavailable);
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_NE(must_open(), nullptr);
}

// ---- compaction and the log

TEST_F(SqliteStoreFile, superseded_rows_go_away_and_live_ones_stay) {
  auto store = must_open({.history = 10});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(put(*store, cat("kept/", i), "once").has_value());
  for (int i = 0; i < 2000; ++i) {
    const std::string key = cat("hot/", i % 5);
    ASSERT_TRUE((i % 11 == 10 ? erase(*store, key) : put(*store, key, cat(i))).has_value() ||
                i % 11 == 10);
  }
  const auto before = store->range("");
  store.reset();
  EXPECT_LT(count_rows(), 50 + 5 + 10 + 2 * 256 + 10);
  auto again = must_open({.history = 10});
  const auto after = again->range("");
  EXPECT_EQ(after->revision, before->revision);
  EXPECT_EQ(contents(after->entries), contents(before->entries));
}

TEST_F(SqliteStoreFile, the_counter_survives_compaction_of_all_it_counted) {
  Revision last = 0;
  for (int round = 0; round < 4; ++round) {
    auto store = must_open({.history = 1});
    EXPECT_EQ(store->range("")->revision, last);
    for (int i = 0; i < 200; ++i) {
      last = put(*store, cat(i), "v", 0).value();
      ASSERT_EQ(erase(*store, cat(i)).value(), ++last);
    }
    EXPECT_TRUE(store->range("")->entries.empty());
  }
  EXPECT_EQ(last, 1600);
  EXPECT_LT(count_rows(), 2 * 256 + 10);
}

TEST_F(SqliteStoreFile, history_below_one_still_keeps_the_newest_row) {
  for (const std::int64_t history : {std::int64_t{0}, std::int64_t{-5}}) {
    auto store = must_open({.history = history});
    for (int i = 0; i < 600; ++i) {
      ASSERT_TRUE(put(*store, "a", "v").has_value());
      ASSERT_TRUE(erase(*store, "a").has_value());
    }
  }
  EXPECT_EQ(must_open()->range("")->revision, 2400);
}

TEST_F(SqliteStoreFile, file_and_log_stay_bounded_under_rewriting) {
  auto store = must_open({.history = 10});
  std::uintmax_t largest = 0;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(put(*store, cat("k", i % 20), std::string(3000, 'v')).has_value());
    if (i % 50 == 0) largest = std::max(largest, fs::file_size(path + "-wal"));
  }
  // 1000 pages and the batch that went past them.
  EXPECT_LT(largest, std::uintmax_t{1100} * 4200);
  store.reset();
  EXPECT_LT(fs::file_size(path), std::uintmax_t{4} << 20U);  // 9 MB were written
  EXPECT_FALSE(fs::exists(path + "-wal"));
}

// Two nodes that report every ten seconds for seven days, and a pod a minute that comes and goes.
TEST_F(SqliteStoreFile, a_week_of_updates_leaves_a_small_file) {
  constexpr int reports = 7 * 24 * 3600 / 10;
  auto store = must_open({});
  const std::string node(2500, 'n');
  const std::string pod(4000, 'p');
  std::latch done(2 * reports + 2 * (reports / 6));
  std::atomic<int> refused = 0;
  const auto write = [&](std::string key, std::optional<std::string> value) {
    store->commit({.key = std::move(key),
                   .value = std::move(value),
                   .expected = std::nullopt,
                   .attachment = nullptr},
                  [&](const auto& outcome) {
                    if (!outcome) ++refused;
                    done.count_down();
                  });
  };
  for (int i = 0; i < reports; ++i) {
    write("core/nodes/a", node);
    write("core/nodes/b", node);
    if (i % 6 == 5) write(cat("core/pods/default/job-", i), pod);
    if (i % 6 == 5) write(cat("core/pods/default/job-", i), std::nullopt);
    // A queue that is full refuses: let the store keep up.
    if (i % 1000 == 999) ASSERT_TRUE(put(*store, "core/pause", "").has_value());
  }
  done.wait();
  EXPECT_EQ(refused, 0);
  store.reset();
  // 340 MB were written; the last thousand revisions are some 3 MB.
  EXPECT_LT(fs::file_size(path), std::uintmax_t{12} << 20U);
  store = must_open({});
  EXPECT_EQ(contents(store->range("")->entries).size(), 3U);
}

}  // namespace
}  // namespace signet::store
