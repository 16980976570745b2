#include "identity/migration_report.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"

namespace signet::identity {
namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::int64_t version = 1;

// Empty ones are left out.
void put(JsonObject& object, std::string_view name, std::string_view value) {
  if (!value.empty()) object[name] = value;
}

void put_seen(JsonObject& object, UnixTime last_seen, std::uint64_t count) {
  object["lastSeen"] = codec::to_rfc3339(last_seen);
  object["count"] = count;
}

JsonObject to_json(const Source& source) {
  JsonObject out;
  put(out, "address", source.address);
  put(out, "reviewer", source.reviewer);
  put(out, "wantedAudiences", source.wanted);
  put(out, "tokenOf", source.object);
  put_seen(out, source.last_seen, source.count);
  return out;
}

JsonObject to_json(const ToMigrate& entry) {
  JsonObject out{{"finding", to_string(entry.finding)},
                 {"namespace", entry.ns},
                 {"serviceAccount", entry.account},
                 {"firstSeen", codec::to_rfc3339(entry.first_seen)}};
  put_seen(out, entry.last_seen, entry.count);
  auto& sources = out["sources"].emplace_array();
  for (const auto& source : entry.sources) sources.emplace_back(to_json(source));
  return out;
}

Result<UnixTime> time_at(const Json& item, std::string_view name) {
  TRY(const auto instant, codec::parse_rfc3339(codec::string_at(item, name)));
  return whole_seconds(instant);
}

Result<std::uint64_t> count_at(const Json& item, std::string_view name) {
  const auto count = codec::int_at(item, name);
  if (!count || *count < 0) return fail(ErrorKind::invalid, cat(name, " is no count"));
  return static_cast<std::uint64_t>(*count);
}

Result<std::string> text_at(const Json& item, std::string_view name, std::size_t bytes_max) {
  const auto text = codec::string_at(item, name);
  if (text.size() > bytes_max) return fail(ErrorKind::invalid, cat(name, " is too long"));
  return std::string(text);
}

Result<Source> read_source(const Json& item) {
  Source source;
  TRY(source.address, text_at(item, "address", MigrationLedger::text_bytes_max));
  TRY(source.reviewer, text_at(item, "reviewer", MigrationLedger::text_bytes_max));
  TRY(source.wanted, text_at(item, "wantedAudiences", MigrationLedger::text_bytes_max));
  TRY(source.object, text_at(item, "tokenOf", MigrationLedger::object_bytes_max));
  TRY(source.last_seen, time_at(item, "lastSeen"));
  TRY(source.count, count_at(item, "count"));
  return source;
}

Result<ToMigrate> read_item(const Json& item) {
  const auto word = codec::string_at(item, "finding");
  const auto finding = std::ranges::find(all_findings, word, to_string);
  if (finding == all_findings.end()) return fail(ErrorKind::invalid, "finding is unknown");
  ToMigrate entry{.finding = *finding,
                  .ns = {},
                  .account = {},
                  .first_seen = {},
                  .last_seen = {},
                  .count = 0,
                  .sources = {}};
  TRY(entry.ns, text_at(item, "namespace", MigrationLedger::name_bytes_max));
  TRY(entry.account, text_at(item, "serviceAccount", MigrationLedger::name_bytes_max));
  if (entry.ns.empty() || entry.account.empty()) {
    return fail(ErrorKind::invalid, "the service account has no name");
  }
  TRY(entry.first_seen, time_at(item, "firstSeen"));
  TRY(entry.last_seen, time_at(item, "lastSeen"));
  TRY(entry.count, count_at(item, "count"));
  for (const auto& one : codec::array_at(item, "sources")) {
    TRY(auto source, read_source(one));
    entry.sources.push_back(std::move(source));
  }
  return entry;
}

}  // namespace

Json to_report(const LedgerContents& contents) {
  JsonObject report{{"kind", "TokenReport"},
                    {"version", version},
                    {"at", codec::to_rfc3339(contents.at)},
                    {"since", codec::to_rfc3339(contents.since)},
                    {"droppedAccounts", contents.accounts_dropped},
                    {"droppedSources", contents.sources_dropped}};
  auto& items = report["items"].emplace_array();
  for (const auto& entry : contents.entries) items.emplace_back(to_json(entry));
  return report;
}

Result<LedgerContents> parse_report(std::string_view text) {
  TRY(const auto json, codec::parse_json_strict(text, {.bytes_max = report_bytes_max}));
  return read_report(json);
}

Result<LedgerContents> read_report(const Json& json) {
  if (codec::string_at(json, "kind") != "TokenReport" || codec::int_at(json, "version") != version) {
    return fail(ErrorKind::invalid, "this is no TokenReport of version 1");
  }
  LedgerContents contents;
  TRY(contents.at, time_at(json, "at"));
  TRY(contents.since, time_at(json, "since"));
  TRY(contents.accounts_dropped, count_at(json, "droppedAccounts"));
  TRY(contents.sources_dropped, count_at(json, "droppedSources"));
  const auto* items = codec::find(json, "items");
  if (items == nullptr || !items->is_array()) return fail(ErrorKind::invalid, "there are no items");
  for (std::size_t i = 0; i < items->get_array().size(); ++i) {
    auto entry = read_item(items->get_array()[i]);
    if (!entry) return in_context(cat("items[", i, ']'), entry.error());
    contents.entries.push_back(*std::move(entry));
  }
  return contents;
}

}  // namespace signet::identity
