// The rows of the SQLite store: the schema, the checksum of a row, and the check of all of them.
//
// Shape    revisions(rev, key, prev, value, deleted, sum): one row a write, never changed, deleted
//          when it is superseded and old. prev is the row this one supersedes, 0 for none.
//          The index `newest` leads from a key to its newest row without reading the row.
// Errors   a Failure with SQLITE_CORRUPT for whatever does not fit together.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "store/sqlite_database.h"
#include "store/store.h"

namespace signet::store {

inline constexpr std::uint32_t application_id = 0x5369676eU;  // "Sign"
inline constexpr std::uint32_t schema_version = 1;

inline constexpr std::array<const char*, 2> schema = {
    "CREATE TABLE revisions(rev INTEGER PRIMARY KEY, key BLOB NOT NULL, prev INTEGER NOT NULL, "
    "value BLOB, deleted INTEGER NOT NULL, sum INTEGER NOT NULL)",
    "CREATE INDEX newest ON revisions(key, rev, deleted)",
};

struct Row {
  Revision revision = 0;
  std::string_view key;
  Revision prev = 0;
  std::optional<std::string_view> value;  // nullopt: deleted
};

// Notices damage, not malice.
std::int64_t checksum(const Row& row);

inline constexpr std::string_view row_columns = "rev, key, prev, value, deleted, sum";
// The row a statement over row_columns stands at; its views live until the next step.
Result<Row, Failure> read_row(const Statement& statement);

struct Position {
  Revision newest = 0;     // the last revision that was given out
  Revision compacted = 0;  // rows that were superseded or deleted up to here are gone
};

// Reads every row and every index entry and holds them against each other.
Result<Position, Failure> check_rows(Database& database);

}  // namespace signet::store
