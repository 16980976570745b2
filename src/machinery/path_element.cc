#include <algorithm>
#include <charconv>
#include <compare>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/field_error.h"
#include "machinery/field_set.h"

namespace signet::machinery {
namespace {

using codec::Json;

constexpr codec::ParseLimits element_limits{.bytes_max = std::size_t{64} * 1024, .depth_max = 2};

int sign(std::strong_ordering order) {
  if (order < 0) return -1;
  return order > 0 ? 1 : 0;
}

// Numbers before strings before booleans before null.
int rank(const Json& value) {
  if (value.is_number()) return 0;
  if (value.is_string()) return 1;
  if (value.is_bool()) return 2;
  return 3;
}

int compare_numbers(const Json& a, const Json& b) {
  if (a.is_int64() && b.is_int64()) return sign(a.get_int64() <=> b.get_int64());
  const auto left = a.to_number<double>();
  const auto right = b.to_number<double>();
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

int compare_scalars(const Json& a, const Json& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  if (a.is_number()) return compare_numbers(a, b);
  if (a.is_string()) return sign(a.get_string().compare(b.get_string()) <=> 0);
  if (a.is_bool()) return sign(a.get_bool() <=> b.get_bool());
  return 0;
}

int compare_keys(const PathElement::Keys& a, const PathElement::Keys& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const int names = sign(a[i].first.compare(b[i].first) <=> 0); names != 0) return names;
    if (const int values = compare_scalars(a[i].second, b[i].second); values != 0) return values;
  }
  return sign(a.size() <=> b.size());
}

std::string display_scalar(const Json& value) {
  const auto* text = value.if_string();
  return text == nullptr ? codec::to_json(value) : quoted(*text);
}

Result<Json> read_json(std::string_view text) {
  TRY(auto document, codec::parse_json(text, element_limits));
  return std::move(document.value);
}

bool is_scalar(const Json& value) {
  return !value.is_object() && !value.is_array();
}

Result<PathElement> read_keys(std::string_view text) {
  TRY(const Json value, read_json(text));
  const auto* members = value.if_object();
  if (members == nullptr) return fail(ErrorKind::invalid, "the keys of an element are no object");
  PathElement::Keys keys;
  for (const auto& member : *members) {
    if (!is_scalar(member.value())) return fail(ErrorKind::invalid, "a key is no scalar");
    keys.emplace_back(member.key(), member.value());
  }
  std::ranges::sort(keys, {}, &std::pair<std::string, Json>::first);
  return PathElement::keyed(std::move(keys));
}

}  // namespace

Result<PathElement> PathElement::read(std::string_view text) {
  if (text.size() < 2 || text[1] != ':') {
    return fail(ErrorKind::invalid, "a path element has no kind");
  }
  const auto rest = text.substr(2);
  switch (text[0]) {
    case 'f':
      return field(rest);
    case 'k':
      return read_keys(rest);
    case 'v': {
      TRY(Json scalar, read_json(rest));
      if (!is_scalar(scalar)) return fail(ErrorKind::invalid, "an element of a set is no scalar");
      return value(std::move(scalar));
    }
    case 'i': {
      std::int64_t index = 0;
      const auto* end = rest.data() + rest.size();
      const auto read = std::from_chars(rest.data(), end, index);
      if (read.ec != std::errc() || read.ptr != end) {
        return fail(ErrorKind::invalid, "an index is no number");
      }
      return PathElement(Step(index));
    }
    default:
      return PathElement(Step(Unknown{}));
  }
}

std::string PathElement::write() const {
  if (const auto* name = field_name()) return cat("f:", *name);
  if (const auto* keys = std::get_if<Keys>(&step_)) {
    std::string out = "k:{";
    for (const auto& [name, value] : *keys) {
      if (out.back() != '{') out += ',';
      codec::append_json_string(out, name, codec::Escape::html);
      out += ':';
      codec::append_json(out, value, codec::Escape::html);
    }
    return out + '}';
  }
  if (const auto* value = std::get_if<Json>(&step_)) {
    return cat("v:", codec::to_json(*value, codec::Escape::html));
  }
  const auto* index = std::get_if<std::int64_t>(&step_);
  return index == nullptr ? std::string() : cat("i:", *index);
}

std::string PathElement::display() const {
  if (const auto* name = field_name()) return cat('.', *name);
  if (const auto* keys = std::get_if<Keys>(&step_)) {
    std::string out = "[";
    for (const auto& [name, value] : *keys) {
      append(out, out.size() == 1 ? "" : ",", name, '=', display_scalar(value));
    }
    return out + ']';
  }
  if (const auto* value = std::get_if<Json>(&step_)) return cat("[=", display_scalar(*value), ']');
  const auto* index = std::get_if<std::int64_t>(&step_);
  return index == nullptr ? std::string() : cat('[', *index, ']');
}

int PathElement::compare(const PathElement& other) const {
  if (step_.index() != other.step_.index()) return step_.index() < other.step_.index() ? -1 : 1;
  if (const auto* name = field_name()) return sign(name->compare(*other.field_name()) <=> 0);
  if (const auto* keys = std::get_if<Keys>(&step_)) {
    return compare_keys(*keys, std::get<Keys>(other.step_));
  }
  if (const auto* value = std::get_if<Json>(&step_)) {
    return compare_scalars(*value, std::get<Json>(other.step_));
  }
  const auto* index = std::get_if<std::int64_t>(&step_);
  return index == nullptr ? 0 : sign(*index <=> std::get<std::int64_t>(other.step_));
}

}  // namespace signet::machinery
