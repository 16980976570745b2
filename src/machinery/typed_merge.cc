#include "machinery/typed_merge.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "machinery/typed_fields.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using Structure = ValueType::Structure;

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

Json merge_values(const ValueType& type, const Json& live, const Json& applied);

// The elements of a list by path, each with the place of its first occurrence.
struct Indexed {
  std::vector<PathElement> paths;
  std::map<PathElement, const Json*> first;
};
Indexed index(const ValueType& type, const JsonArray& list) {
  Indexed out;
  for (const Json& element : list) {
    auto path = element_path(type, element).value_or(PathElement::value(nullptr));
    // Of elements that occur twice nothing is merged: what is applied takes their place.
    const auto [at, fresh] = out.first.try_emplace(path, &element);
    if (!fresh) at->second = nullptr;
    out.paths.push_back(std::move(path));
  }
  return out;
}

Json merge_lists(const ValueType& type, const JsonArray& live, const JsonArray& applied) {
  const auto old = index(type, live);
  const auto fresh = index(type, applied);
  std::vector<const PathElement*> shared;  // in the order that is applied
  for (const auto& path : fresh.paths) {
    if (old.first.contains(path)) shared.push_back(&path);
  }
  std::size_t next_shared = 0;
  std::map<PathElement, bool> taken;
  JsonArray out;
  out.reserve(live.size() + applied.size());
  const auto take = [&](std::size_t at) {
    const auto& path = fresh.paths[at];
    taken.emplace(path, true);
    const auto known = old.first.find(path);
    const bool mergeable = known != old.first.end() && known->second != nullptr;
    out.push_back(mergeable ? merge_values(type.element(), *known->second, applied[at])
                            : applied[at]);
    if (next_shared < shared.size() && *shared[next_shared] == path) ++next_shared;
  };
  for (std::size_t i = 0, j = 0; i < live.size() || j < applied.size();) {
    if (i < live.size()) {
      const auto& path = old.paths[i];
      if (j < applied.size() && path == fresh.paths[j]) {
        take(j++);
        ++i;
        continue;
      }
      const bool named = fresh.first.contains(path);
      // Named, but another one's turn: it comes where the applied order has it.
      if (j < applied.size() && named && next_shared < shared.size() &&
          !(*shared[next_shared] == path)) {
        ++i;
        continue;
      }
      if (!named) {
        out.push_back(live[i++]);
        continue;
      }
      if (taken.contains(path)) ++i;
    }
    if (j < applied.size()) take(j++);
  }
  return out;
}

Json merge_members(const ValueType& type, const JsonObject& live, const JsonObject& applied) {
  JsonObject out;
  out.reserve(live.size() + applied.size());
  for (const auto& member : live) {
    const auto* change = applied.if_contains(member.key());
    const auto known = type.member(view(member.key()));
    const bool merged = change != nullptr && known;
    out.emplace(member.key(), merged ? merge_values(*known, member.value(), *change)
                                     : (change == nullptr ? member.value() : *change));
  }
  for (const auto& member : applied) {
    if (!live.contains(member.key())) out.emplace(member.key(), member.value());
  }
  return out;
}

Json merge_values(const ValueType& type, const Json& live, const Json& applied) {
  if (type.structure == Structure::leaf) return applied;
  if (type.is_list()) {
    const auto* old = live.if_array();
    const auto* fresh = applied.if_array();
    if (old == nullptr || old->empty() || (fresh == nullptr && !applied.is_null())) return applied;
    return fresh == nullptr || fresh->empty() ? live : merge_lists(type, *old, *fresh);
  }
  const auto* old = live.if_object();
  const auto* fresh = applied.if_object();
  if (old == nullptr || old->empty() || (fresh == nullptr && !applied.is_null())) return applied;
  return fresh == nullptr || fresh->empty() ? live : merge_members(type, *old, *fresh);
}

Json take_out(const ValueType& type, const Json& value, const FieldSet& fields);

Json take_out_elements(const ValueType& type, const JsonArray& elements, const FieldSet& fields) {
  JsonArray out;
  out.reserve(elements.size());
  for (const Json& element : elements) {
    const auto path = element_path(type, element);
    if (path && fields.has(*path)) continue;
    out.push_back(path ? take_out(type.element(), element, fields.below(*path)) : element);
  }
  if (out.empty()) return nullptr;
  return out;
}

Json take_out_members(const ValueType& type, const JsonObject& members, const FieldSet& fields) {
  JsonObject out;
  out.reserve(members.size());
  for (const auto& member : members) {
    const auto path = PathElement::field(view(member.key()));
    if (fields.has(path)) continue;
    const auto known = type.member(view(member.key()));
    out.emplace(member.key(),
                known ? take_out(*known, member.value(), fields.below(path)) : member.value());
  }
  if (out.empty()) return nullptr;
  return out;
}

Json take_out(const ValueType& type, const Json& value, const FieldSet& fields) {
  if (fields.empty() || type.structure == Structure::leaf) return value;
  if (type.is_list()) {
    const auto* elements = value.if_array();
    if (elements == nullptr || elements->empty()) return value;
    return take_out_elements(type, *elements, fields);
  }
  const auto* members = value.if_object();
  if (members == nullptr || members->empty()) return value;
  return take_out_members(type, *members, fields);
}

FieldSet add_records(const ValueType& type, const FieldSet& fields) {
  FieldSet out;
  for (const auto& node : fields.nodes()) {
    const auto* name = node.element.field_name();
    const auto known = name != nullptr  ? type.member(*name)
                       : type.is_list() ? std::optional(type.element())
                                        : std::nullopt;
    const bool record =
        name != nullptr && type.structure == Structure::record && known && !node.below.empty();
    out.add(node.element, node.member || record,
            known ? add_records(*known, node.below) : node.below);
  }
  return out;
}

}  // namespace

Json merge_applied(const Schema& schema, const Json& live, const Json& configuration) {
  return merge_values(ValueType::object(schema), live, configuration);
}

Json without_fields(const Schema& schema, const Json& object, const FieldSet& fields) {
  return take_out(ValueType::object(schema), object, fields);
}

FieldSet with_records(const Schema& schema, const FieldSet& fields) {
  return add_records(ValueType::object(schema), fields);
}

}  // namespace signet::machinery
