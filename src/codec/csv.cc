#include "codec/csv.h"

#include <cstddef>
#include <utility>

#include "base/cat.h"
#include "base/try.h"

namespace signet::codec {
namespace {

constexpr std::string_view bare_quote = "bare \" in non-quoted field";
constexpr std::string_view wrong_quote = "extraneous or missing \" in quoted-field";

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool skip_empty_line() {
    const auto end = line_end();
    if (end == 0) return false;
    advance(end);
    return true;
  }
  Result<CsvRecord> record();

 private:
  // How many bytes end the line here: "\n", "\r\n", or a "\r" before nothing.
  std::size_t line_end() const {
    if (rest_.starts_with('\n')) return 1;
    if (rest_.starts_with("\r\n")) return 2;
    return rest_ == "\r" ? 1 : 0;
  }
  void advance(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      column_ = rest_[i] == '\n' ? 1 : column_ + 1;
      line_ += rest_[i] == '\n' ? 1 : 0;
    }
    rest_.remove_prefix(count);
  }
  std::unexpected<Error> problem(std::string_view what, std::size_t column) const {
    const auto start =
        first_line_ == line_ ? std::string() : cat("record on line ", first_line_, "; ");
    return fail(ErrorKind::invalid,
                cat(start, "parse error on line ", line_, ", column ", column, ": ", what));
  }
  Result<std::string> plain_field();
  Result<std::string> quoted_field();

  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t column_ = 1;  // in bytes
  std::size_t first_line_ = 1;
};

Result<std::string> Reader::plain_field() {
  std::string field;
  while (!rest_.empty() && rest_.front() != ',' && line_end() == 0) {
    if (rest_.front() == '"') return problem(bare_quote, column_);
    field += rest_.front();
    advance(1);
  }
  return field;
}

Result<std::string> Reader::quoted_field() {
  std::string field;
  advance(1);
  while (!rest_.empty()) {
    if (rest_.starts_with("\"\"")) {
      field += '"';
      advance(2);
    } else if (rest_.front() == '"') {
      const auto column = column_;
      advance(1);
      if (!rest_.empty() && rest_.front() != ',' && line_end() == 0) {
        return problem(wrong_quote, column);
      }
      return field;
    } else if (const auto end = line_end(); end != 0) {
      field += '\n';
      advance(end);
    } else {
      field += rest_.front();
      advance(1);
    }
  }
  return problem(wrong_quote, column_);
}

Result<CsvRecord> Reader::record() {
  first_line_ = line_;
  CsvRecord fields;
  while (true) {
    TRY(auto field, rest_.starts_with('"') ? quoted_field() : plain_field());
    fields.push_back(std::move(field));
    if (!rest_.starts_with(',')) break;
    advance(1);
  }
  advance(line_end());
  return fields;
}

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text) {
  std::vector<CsvRecord> records;
  Reader reader(text);
  while (!reader.done()) {
    if (reader.skip_empty_line()) continue;
    TRY(auto record, reader.record());
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace signet::codec
