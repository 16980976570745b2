// Look-ups by dotted path.
#include <algorithm>
#include <utility>

#include "codec/json.h"

namespace signet::codec {
namespace {

std::string_view take_segment(std::string_view& path) {
  const auto segment = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

}  // namespace

const Json* find(const Json& value, std::string_view dotted_path) {
  const Json* at = &value;
  while (!dotted_path.empty()) {
    const auto* object = at->if_object();
    if (object == nullptr) return nullptr;
    at = object->if_contains(take_segment(dotted_path));
    if (at == nullptr) return nullptr;
  }
  return at;
}

Json* find(Json& value, std::string_view dotted_path) {
  return const_cast<Json*>(find(std::as_const(value), dotted_path));  // NOLINT: it is ours
}

std::string_view string_at(const Json& value, std::string_view dotted_path) {
  const auto* found = find(value, dotted_path);
  if (found == nullptr || !found->is_string()) return {};
  return found->get_string();
}

std::optional<std::int64_t> int_at(const Json& value, std::string_view dotted_path) {
  const auto* found = find(value, dotted_path);
  if (found == nullptr) return std::nullopt;
  if (found->is_int64()) return found->get_int64();
  if (found->is_uint64() && std::in_range<std::int64_t>(found->get_uint64())) {
    return static_cast<std::int64_t>(found->get_uint64());
  }
  return std::nullopt;
}

std::optional<bool> bool_at(const Json& value, std::string_view dotted_path) {
  const auto* found = find(value, dotted_path);
  if (found == nullptr || !found->is_bool()) return std::nullopt;
  return found->get_bool();
}

const JsonObject& object_at(const Json& value, std::string_view dotted_path) {
  static const JsonObject empty;
  const auto* found = find(value, dotted_path);
  return found != nullptr && found->is_object() ? found->get_object() : empty;
}

const JsonArray& array_at(const Json& value, std::string_view dotted_path) {
  static const JsonArray empty;
  const auto* found = find(value, dotted_path);
  return found != nullptr && found->is_array() ? found->get_array() : empty;
}

JsonObject& make_object_at(Json& value, std::string_view dotted_path) {
  Json* at = &value;
  while (true) {
    if (!at->is_object()) at->emplace_object();
    if (dotted_path.empty()) return at->get_object();
    at = &at->get_object()[take_segment(dotted_path)];
  }
}

}  // namespace signet::codec
