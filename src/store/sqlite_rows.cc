#include "store/sqlite_rows.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/cat.h"
#include "base/try.h"

namespace signet::store {
namespace {

// Each step is a bijection of the state for a given word and of the word for a given state, so that
// a change within one word is always noticed; any other with all but 2^-64 certainty.
class Mixer {
 public:
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15U;
    state_ ^= state_ >> 32U;
  }
  void add(std::string_view bytes) {
    add(bytes.size());
    while (bytes.size() >= sizeof(std::uint64_t)) {
      add(word(bytes.substr(0, sizeof(std::uint64_t))));
      bytes.remove_prefix(sizeof(std::uint64_t));
    }
    if (!bytes.empty()) add(word(bytes));
  }
  std::uint64_t state() const { return state_; }

 private:
  static std::uint64_t word(std::string_view bytes) {
    std::uint64_t result = 0;
    std::memcpy(&result, bytes.data(), bytes.size());
    if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(result);
    return result;
  }

  std::uint64_t state_ = 0x5369676e65740001U;
};

std::uint64_t index_entry_hash(Revision revision, std::string_view key, bool deleted) {
  Mixer mixer;
  mixer.add(static_cast<std::uint64_t>(revision));
  mixer.add(deleted ? 1U : 0U);
  mixer.add(key);
  return mixer.state();
}

std::unexpected<Failure> damaged(std::string message) {
  return std::unexpected(Failure{.code = SQLITE_CORRUPT, .message = std::move(message)});
}

// What the table and its index must agree about.
struct Tally {
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;
  Revision newest = 0;
  bool operator==(const Tally&) const = default;

  void add(Revision revision, std::string_view key, bool deleted) {
    ++rows;
    sum += index_entry_hash(revision, key, deleted);
    newest = std::max(newest, revision);
  }
};

Result<Tally, Failure> read_table(Database& database) {
  TRY(Statement rows, database.prepare(cat("SELECT ", row_columns, " FROM revisions NOT INDEXED")));
  Tally tally;
  while (true) {
    TRY(const bool more, rows.step());
    if (!more) return tally;
    TRY(const Row row, read_row(rows));
    tally.add(row.revision, row.key, !row.value);
  }
}

struct IndexRead {
  Tally tally;
  Revision first_obsolete = 0;  // the oldest revision with something to compact; 0: none
};

Result<IndexRead, Failure> read_index(Database& database) {
  TRY(Statement entries, database.prepare("SELECT key, rev, deleted FROM revisions "
                                          "INDEXED BY newest ORDER BY key, rev"));
  IndexRead read;
  const auto obsolete_at = [&](Revision revision) {
    if (read.first_obsolete == 0 || revision < read.first_obsolete) read.first_obsolete = revision;
  };
  std::string last_key;
  Revision last_revision = 0;
  while (true) {
    TRY(const bool more, entries.step());
    if (!more) return read;
    const std::string_view key = entries.blob(0);
    const Revision revision = entries.integer(1);
    const bool deleted = entries.integer(2) != 0;
    const bool same_key = last_revision != 0 && key == last_key;
    if (last_revision != 0 && (key < last_key || (same_key && revision <= last_revision))) {
      return damaged("the index is out of order");
    }
    if (same_key || deleted) obsolete_at(revision);
    read.tally.add(revision, key, deleted);
    last_key = key;
    last_revision = revision;
  }
}

}  // namespace

std::int64_t checksum(const Row& row) {
  Mixer mixer;
  mixer.add(static_cast<std::uint64_t>(row.revision));
  mixer.add(static_cast<std::uint64_t>(row.prev));
  mixer.add(row.key);
  mixer.add(row.value ? 1U : 0U);
  if (row.value) mixer.add(*row.value);
  return std::bit_cast<std::int64_t>(mixer.state());
}

Result<Row, Failure> read_row(const Statement& statement) {
  Row row{.revision = statement.integer(0),
          .key = statement.blob(1),
          .prev = statement.integer(2),
          .value = std::nullopt};
  if (!statement.is_null(3)) row.value = statement.blob(3);
  const bool deleted = statement.integer(4) != 0;
  if (row.revision <= 0 || row.key.empty() || deleted == row.value.has_value() ||
      statement.integer(5) != checksum(row)) {
    return damaged(cat("the checksum of revision ", row.revision, " is wrong"));
  }
  return row;
}

Result<Position, Failure> check_rows(Database& database) {
  TRY(const Tally table, read_table(database));
  TRY(const IndexRead index, read_index(database));
  if (index.tally != table) return damaged("the index and the rows do not agree");
  return Position{
      .newest = table.newest,
      .compacted = index.first_obsolete == 0 ? table.newest : index.first_obsolete - 1,
  };
}

}  // namespace signet::store
