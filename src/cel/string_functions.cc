#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/try.h"
#include "base/utf8.h"
#include "cel/code_points.h"
#include "cel/functions.h"

namespace signet::cel {
namespace {

constexpr auto S = Kind::string;
constexpr auto I = Kind::integer;
constexpr auto B = Kind::boolean;

Result<Value> contains(const Call& call) {
  return Value::of(call.text(0).contains(call.text(1)));
}
Result<Value> starts_with(const Call& call) {
  return Value::of(call.text(0).starts_with(call.text(1)));
}
Result<Value> ends_with(const Call& call) {
  return Value::of(call.text(0).ends_with(call.text(1)));
}

// The compiled literal, or the pattern that was only known now.
Result<Regex> pattern(const Call& call) {
  if (call.regex != nullptr) return *call.regex;
  // A short pattern may repeat itself into a large one; how large Regex limits.
  constexpr std::uint64_t steps_a_pattern = 2000;
  constexpr std::uint64_t steps_a_byte = 10;
  TRY_VOID(call.budget.spend(steps_a_pattern + steps_a_byte * call.text(1).size()));
  return Regex::compile(call.text(1));
}

Result<Value> matches(const Call& call) {
  TRY(const auto regex, pattern(call));
  return Value::of(regex.found_in(call.text(0)));
}

Result<Value> find_first(const Call& call) {
  TRY(const auto regex, pattern(call));
  return Value::of(regex.find(call.text(0)).value_or(""));
}

Result<Value> find_matches(const Call& call, std::int64_t count) {
  TRY(const auto regex, pattern(call));
  const std::string_view text = call.text(0);
  List found;
  std::size_t from = 0;
  while (count != 0 && from <= text.size()) {
    TRY_VOID(call.budget.spend(1 + (text.size() - from) / 10));
    const auto match = regex.find(text, from);
    if (!match) break;
    found.push_back(Value::of(*match));
    --count;
    from = static_cast<std::size_t>(match->data() - text.data()) + match->size();
    if (match->empty()) from += std::max<std::size_t>(utf8_sequence(text.substr(from)), 1);
  }
  return Value::of(std::move(found));
}
Result<Value> find_all(const Call& call) {
  return find_matches(call, -1);
}
Result<Value> find_some(const Call& call) {
  return find_matches(call, call.arguments[2].integer());
}

Result<Value> char_at(const Call& call) {
  const std::string_view text = call.text(0);
  const auto index = call.arguments[1].integer();
  const auto at = byte_offset(text, index);
  if (!at) return out_of_range(index);
  const auto rest = text.substr(*at);
  return Value::of(rest.substr(0, utf8_sequence(rest)));
}

Result<Value> index_of(const Call& call) {
  const std::string_view text = call.text(0);
  const auto from = call.arguments.size() > 2 ? call.arguments[2].integer() : 0;
  const auto start = byte_offset(text, from);
  if (!start) return out_of_range(from);
  const auto found = text.find(call.text(1), *start);
  return Value::of(found == std::string_view::npos ? std::int64_t{-1}
                                                   : length(text.substr(0, found)));
}

Result<Value> last_index_of(const Call& call) {
  const std::string_view text = call.text(0);
  auto start = std::optional(text.size());
  if (call.arguments.size() > 2) {
    const auto from = call.arguments[2].integer();
    start = byte_offset(text, from);
    if (!start) return out_of_range(from);
  }
  const auto found = text.rfind(call.text(1), *start);
  return Value::of(found == std::string_view::npos ? std::int64_t{-1}
                                                   : length(text.substr(0, found)));
}

Result<Value> lower_ascii(const Call& call) {
  return Value::of(lower_case(call.text(0)));
}
Result<Value> upper_ascii(const Call& call) {
  return Value::of(upper_case(call.text(0)));
}

// At most `count` times, or every time for a negative count. Nothing is found before every
// character and at the end, as in Go.
Result<Value> replace_some(const Call& call, std::int64_t count) {
  std::string_view text = call.text(0);
  const std::string_view old = call.text(1);
  const std::string_view fresh = call.text(2);
  std::string out;
  while (count != 0) {
    const auto found = text.find(old);
    if (found == std::string_view::npos) break;
    TRY_VOID(call.budget.spend(1 + fresh.size() / 10));
    append(out, text.substr(0, found), fresh);
    text.remove_prefix(found + old.size());
    --count;
    if (!old.empty()) continue;
    if (text.empty()) break;
    const auto size = utf8_sequence(text);
    out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return Value::of(out += text);
}
Result<Value> replace(const Call& call) {
  return replace_some(call, -1);
}
Result<Value> replace_first(const Call& call) {
  return replace_some(call, call.arguments[3].integer());
}

// Into at most `count` parts; a negative count: all. An empty separator parts the characters.
Result<Value> split_some(const Call& call, std::int64_t count) {
  std::string_view text = call.text(0);
  const std::string_view separator = call.text(1);
  List parts;
  if (count == 0 || (separator.empty() && text.empty())) return Value::of(std::move(parts));
  while (count < 0 || std::cmp_less(parts.size() + 1, count)) {
    const auto found = separator.empty() ? utf8_sequence(text) : text.find(separator);
    if (found == std::string_view::npos || (separator.empty() && found >= text.size())) break;
    TRY_VOID(call.budget.spend(1));
    parts.push_back(Value::of(text.substr(0, found)));
    text.remove_prefix(found + separator.size());
  }
  parts.push_back(Value::of(text));
  return Value::of(std::move(parts));
}
Result<Value> split(const Call& call) {
  return split_some(call, -1);
}
Result<Value> split_first(const Call& call) {
  return split_some(call, call.arguments[2].integer());
}

Result<Value> join_with(const Call& call, std::string_view separator) {
  std::string out;
  bool first = true;
  for (const auto& part : call.arguments[0].list()) {
    if (part.kind() != Kind::string) return no_such_overload();
    TRY_VOID(call.budget.spend(1 + (part.text().size() + separator.size()) / 10));
    if (!std::exchange(first, false)) out += separator;
    out += part.text();
  }
  return Value::of(std::move(out));
}
Result<Value> join(const Call& call) {
  return join_with(call, "");
}
Result<Value> join_separated(const Call& call) {
  return join_with(call, call.text(1));
}

Result<Value> substring(const Call& call) {
  const std::string_view text = call.text(0);
  const auto from = call.arguments[1].integer();
  const auto start = byte_offset(text, from);
  if (!start) return out_of_range(from);
  if (call.arguments.size() == 2) return Value::of(text.substr(*start));
  const auto to = call.arguments[2].integer();
  const auto end = byte_offset(text, to);
  if (!end) return out_of_range(to);
  if (*end < *start) {
    return fail(ErrorKind::invalid, cat("invalid substring range. start: ", from, ", end: ", to));
  }
  return Value::of(text.substr(*start, *end - *start));
}

Result<Value> trim(const Call& call) {
  return Value::of(trimmed(call.text(0)));
}

constexpr Returns strings = Returns::strings;
constexpr std::array table{
    Overload{"contains", true, 2, {S, S}, B, contains},
    Overload{"startsWith", true, 2, {S, S}, B, starts_with},
    Overload{"endsWith", true, 2, {S, S}, B, ends_with},
    Overload{"matches", true, 2, {S, S}, B, matches, Returns::kind, 1},
    Overload{"matches", false, 2, {S, S}, B, matches, Returns::kind, 1},
    Overload{"find", true, 2, {S, S}, S, find_first, Returns::kind, 1},
    Overload{"findAll", true, 2, {S, S}, Kind::list, find_all, strings, 1},
    Overload{"findAll", true, 3, {S, S, I}, Kind::list, find_some, strings, 1},
    Overload{"charAt", true, 2, {S, I}, S, char_at},
    Overload{"indexOf", true, 2, {S, S}, I, index_of},
    Overload{"indexOf", true, 3, {S, S, I}, I, index_of},
    Overload{"lastIndexOf", true, 2, {S, S}, I, last_index_of},
    Overload{"lastIndexOf", true, 3, {S, S, I}, I, last_index_of},
    Overload{"lowerAscii", true, 1, {S}, S, lower_ascii},
    Overload{"upperAscii", true, 1, {S}, S, upper_ascii},
    Overload{"replace", true, 3, {S, S, S}, S, replace},
    Overload{"replace", true, 4, {S, S, S, I}, S, replace_first},
    Overload{"split", true, 2, {S, S}, Kind::list, split, strings},
    Overload{"split", true, 3, {S, S, I}, Kind::list, split_first, strings},
    Overload{"join", true, 1, {Kind::list}, S, join},
    Overload{"join", true, 2, {Kind::list, S}, S, join_separated},
    Overload{"substring", true, 2, {S, I}, S, substring},
    Overload{"substring", true, 3, {S, I, I}, S, substring},
    Overload{"trim", true, 1, {S}, S, trim},
};

}  // namespace

std::span<const Overload> string_functions() {
  return table;
}

}  // namespace signet::cel
