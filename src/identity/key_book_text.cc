// The text form of a book: keys.json.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "identity/key_book.h"
#include "token/lifetime.h"

namespace signet::identity {
namespace {

constexpr std::array<KeyState, 4> states{KeyState::published, KeyState::signing, KeyState::retiring,
                                         KeyState::gone};

bool is_file_name(std::string_view name) {
  constexpr std::size_t bytes_max = 64;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return name.size() <= bytes_max && name.ends_with(".key") && !name.starts_with('.') &&
         std::ranges::all_of(name, plain);
}

Result<UnixTime> time_at(const codec::Json& record, std::string_view name) {
  auto instant = codec::parse_rfc3339(codec::string_at(record, name));
  if (!instant) return in_context(name, instant.error());
  return whole_seconds(*instant);
}

Result<KeyRecord> parse_record(const codec::Json& record) {
  KeyRecord key;
  key.kid = codec::string_at(record, "kid");
  key.file = codec::string_at(record, "file");
  if (key.kid.empty() || key.kid.size() > jose::kid_bytes_max) {
    return fail(ErrorKind::invalid, "a key has no usable kid");
  }
  if (!is_file_name(key.file)) return fail(ErrorKind::invalid, "a key has no usable file name");
  const auto algorithm = jose::algorithm_named(codec::string_at(record, "algorithm"));
  if (!algorithm) return fail(ErrorKind::invalid, "a key has an unknown algorithm");
  key.algorithm = *algorithm;
  const auto* state = std::ranges::find(states, codec::string_at(record, "state"),
                                        [](KeyState each) { return to_string(each); });
  if (state == states.end()) return fail(ErrorKind::invalid, "a key has an unknown state");
  key.state = *state;
  TRY(key.since, time_at(record, "since"));
  TRY(key.signs_from, time_at(record, "signsFrom"));
  if (codec::find(record, "stopped") != nullptr) {
    TRY(key.stopped, time_at(record, "stopped"));
  }
  const auto longest = codec::int_at(record, "longestSeconds");
  const auto never_expires = codec::bool_at(record, "signedEndless");
  if (!longest || *longest < 0 || *longest > token::lifetime_max.count() || !never_expires) {
    return fail(ErrorKind::invalid, "a key does not say how long its tokens live");
  }
  key.longest = std::chrono::seconds{*longest};
  key.signed_endless = *never_expires;
  return key;
}

codec::JsonObject to_json(const KeyRecord& key) {
  codec::JsonObject record{{"kid", key.kid},
                           {"file", key.file},
                           {"algorithm", jose::to_string(key.algorithm)},
                           {"state", to_string(key.state)},
                           {"since", codec::to_rfc3339(key.since)},
                           {"signsFrom", codec::to_rfc3339(key.signs_from)}};
  if (key.stopped) record["stopped"] = codec::to_rfc3339(*key.stopped);
  record["longestSeconds"] = key.longest.count();
  record["signedEndless"] = key.signed_endless;
  return record;
}

}  // namespace

Result<KeyBook> KeyBook::parse(std::string_view text) {
  TRY(const auto document, codec::parse_json_strict(text, {.bytes_max = text_bytes_max}));
  if (codec::int_at(document, "version") != 1) {
    return fail(ErrorKind::invalid, "its version is not 1");
  }
  KeyBook book;
  for (const auto& record : codec::array_at(document, "keys")) {
    TRY(auto key, parse_record(record));
    if (book.find(key.kid) != nullptr) {
      return fail(ErrorKind::invalid, cat("the key ", key.kid, " stands in it twice"));
    }
    book.keys_.push_back(std::move(key));
  }
  TRY_VOID(book.check());
  return book;
}

std::string KeyBook::to_text() const {
  codec::JsonArray records;
  for (const auto& key : keys_) records.emplace_back(to_json(key));
  return cat(codec::to_pretty_json(codec::JsonObject{{"version", 1}, {"keys", records}}), '\n');
}

}  // namespace signet::identity
