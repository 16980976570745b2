#include "machinery/typed_fields.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using Structure = ValueType::Structure;

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

Structure structure_of(const Field& field) {
  if (field.ownership == Ownership::whole) return Structure::leaf;
  if (field.shape == Shape::map) return Structure::map;
  if (field.shape == Shape::list) {
    if (field.ownership == Ownership::by_key) return Structure::keyed_list;
    if (field.ownership == Ownership::set) return Structure::set;
    if (field.merge == ListMerge::by_key) return Structure::keyed_list;
    return field.merge == ListMerge::set ? Structure::set : Structure::leaf;
  }
  const bool parts = field.type == Type::message && !field.schema->whole;
  return parts ? Structure::record : Structure::leaf;
}

const JsonObject& members_of(const Json* value) {
  static const JsonObject none;
  const auto* members = value == nullptr ? nullptr : value->if_object();
  return members == nullptr ? none : *members;
}

const JsonArray& elements_of(const Json* value) {
  static const JsonArray none;
  const auto* elements = value == nullptr ? nullptr : value->if_array();
  return elements == nullptr ? none : *elements;
}

bool is_empty_object(const Json& value) {
  const auto* members = value.if_object();
  return members != nullptr && members->empty();
}

// The elements of a list under their paths, ascending; those with the same path keep their order.
struct Element {
  PathElement path;
  const Json* value = nullptr;
};
std::vector<Element> elements_by_path(const ValueType& type, const Json* list) {
  std::vector<Element> out;
  const auto& elements = elements_of(list);
  out.reserve(elements.size());
  for (const Json& element : elements) {
    if (auto path = element_path(type, element)) out.push_back({*std::move(path), &element});
  }
  std::ranges::sort(out, [](const Element& a, const Element& b) {
    const int order = a.path.compare(b.path);
    return order < 0 || (order == 0 && a.value < b.value);
  });
  return out;
}

// How many elements from `at` on have its path.
std::size_t run_length(const std::vector<Element>& elements, std::size_t at) {
  std::size_t end = at + 1;
  while (end < elements.size() && elements[end].path == elements[at].path) ++end;
  return end - at;
}

struct NamedMember {
  std::string_view name;
  ValueType type;
  const Json* before = nullptr;
  const Json* after = nullptr;
};

// The members of two objects that the type knows, ascending.
std::vector<NamedMember> members_by_name(const ValueType& type, const Json* before,
                                         const Json* after) {
  std::vector<NamedMember> out;
  const auto& old = members_of(before);
  const auto& fresh = members_of(after);
  out.reserve(std::max(old.size(), fresh.size()));
  for (const auto& member : fresh) {
    const auto known = type.member(view(member.key()));
    if (!known) continue;
    out.push_back({view(member.key()), *known, old.if_contains(member.key()), &member.value()});
  }
  for (const auto& member : old) {
    if (fresh.contains(member.key())) continue;
    const auto known = type.member(view(member.key()));
    if (known) out.push_back({view(member.key()), *known, &member.value(), nullptr});
  }
  std::ranges::sort(out, {}, &NamedMember::name);
  return out;
}

FieldSet fields_of_value(const ValueType& type, const Json& value);

FieldSet fields_of_members(const ValueType& type, const Json& value) {
  FieldSet out;
  for (const auto& member : members_by_name(type, nullptr, &value)) {
    const bool named = type.structure == Structure::map ||
                       member.type.structure == Structure::leaf || member.after->is_null() ||
                       is_empty_object(*member.after);
    out.add(PathElement::field(member.name), named, fields_of_value(member.type, *member.after));
  }
  return out;
}

FieldSet fields_of_elements(const ValueType& type, const Json& value) {
  FieldSet out;
  const auto elements = elements_by_path(type, &value);
  for (std::size_t i = 0; i < elements.size();) {
    const std::size_t same = run_length(elements, i);
    auto below = same == 1 ? fields_of_value(type.element(), *elements[i].value) : FieldSet();
    out.add(elements[i].path, true, std::move(below));
    i += same;
  }
  return out;
}

// What is below a value; whether it is a member itself is known where it stands.
FieldSet fields_of_value(const ValueType& type, const Json& value) {
  switch (type.structure) {
    case Structure::leaf:
      return {};
    case Structure::record:
    case Structure::map:
      return fields_of_members(type, value);
    case Structure::keyed_list:
    case Structure::set:
      return fields_of_elements(type, value);
  }
  std::unreachable();
}

bool is_hollow(const Json* value) {
  return members_of(value).empty() && elements_of(value).empty();
}

FieldChanges compare_values(const ValueType& type, const Json* before, const Json* after);

// Puts what was found below `path`, and `path` itself where it came or went.
void place(FieldChanges& out, const PathElement& path, const ValueType& type, const Json* before,
           const Json* after) {
  auto below = compare_values(type, before, after);
  const bool leaf = type.structure == Structure::leaf || (is_hollow(before) && is_hollow(after));
  const bool changed = leaf && before != nullptr && after != nullptr && !(*before == *after);
  out.added.add(path, before == nullptr, std::move(below.added));
  out.modified.add(path, changed, std::move(below.modified));
  out.removed.add(path, after == nullptr, std::move(below.removed));
}

void place_run(FieldChanges& out, const ValueType& type, std::span<const Element> before,
               std::span<const Element> after) {
  const auto& path = before.empty() ? after.front().path : before.front().path;
  const auto* old = before.empty() ? nullptr : before.front().value;
  const auto* fresh = after.empty() ? nullptr : after.front().value;
  if (before.size() <= 1 && after.size() <= 1) {
    place(out, path, type, old, fresh);
  } else if (before.size() >= 2 && after.size() >= 2) {
    const bool same = std::ranges::equal(
        before, after, [](const Element& a, const Element& b) { return *a.value == *b.value; });
    out.modified.add(path, !same, {});
  } else if (before.size() >= 2) {
    if (fresh != nullptr) place(out, path, type, nullptr, fresh);
    out.removed.add(path);
  } else {
    if (old != nullptr) place(out, path, type, old, nullptr);
    out.added.add(path);
  }
}

FieldChanges compare_lists(const ValueType& type, const Json* before, const Json* after) {
  FieldChanges out;
  const auto old = elements_by_path(type, before);
  const auto fresh = elements_by_path(type, after);
  for (std::size_t i = 0, j = 0; i < old.size() || j < fresh.size();) {
    int order = 0;
    if (i == old.size()) {
      order = 1;
    } else if (j == fresh.size()) {
      order = -1;
    } else {
      order = old[i].path.compare(fresh[j].path);
    }
    const std::size_t gone = order <= 0 ? run_length(old, i) : 0;
    const std::size_t come = order >= 0 ? run_length(fresh, j) : 0;
    place_run(out, type.element(), std::span(old).subspan(i, gone),
              std::span(fresh).subspan(j, come));
    i += gone;
    j += come;
  }
  return out;
}

// Either may be null: it is not there.
FieldChanges compare_values(const ValueType& type, const Json* before, const Json* after) {
  if (type.structure == Structure::leaf) return {};
  if (type.is_list()) return compare_lists(type, before, after);
  FieldChanges out;
  for (const auto& member : members_by_name(type, before, after)) {
    place(out, PathElement::field(member.name), member.type, member.before, member.after);
  }
  return out;
}

}  // namespace

ValueType ValueType::object(const Schema& schema) {
  return {.structure = schema.whole ? Structure::leaf : Structure::record, .schema = &schema};
}

ValueType ValueType::of(const Field& field) {
  return {.structure = structure_of(field), .schema = field.schema, .field = &field};
}

std::optional<ValueType> ValueType::member(std::string_view name) const {
  if (structure == Structure::map) return element();
  if (structure != Structure::record) return std::nullopt;
  const auto* known = schema->find(name);
  if (known == nullptr) return std::nullopt;
  return of(*known);
}

ValueType ValueType::element() const {
  if (field->type != Type::message) return {};
  return object(*field->schema);
}

std::optional<PathElement> element_path(const ValueType& list, const Json& element) {
  if (list.structure == Structure::set) {
    if (element.is_object() || element.is_array() || element.is_null()) return std::nullopt;
    return PathElement::value(element);
  }
  const auto* members = element.if_object();
  if (members == nullptr) return std::nullopt;
  PathElement::Keys keys;
  for (const auto name : list.field->keys()) {
    if (const auto* value = members->if_contains(name)) {
      if (value->is_object() || value->is_array()) return std::nullopt;
      keys.emplace_back(name, *value);
    } else if (const auto* known = list.schema->find(name);
               known != nullptr && !known->key_default.empty()) {
      keys.emplace_back(name, known->key_default);
    }
  }
  if (keys.empty()) return std::nullopt;
  std::ranges::sort(keys, {}, &std::pair<std::string, Json>::first);
  return PathElement::keyed(std::move(keys));
}

FieldSet fields_of(const Schema& schema, const Json& object) {
  return fields_of_value(ValueType::object(schema), object);
}

FieldChanges compare(const Schema& schema, const Json& before, const Json& after) {
  return compare_values(ValueType::object(schema), &before, &after);
}

}  // namespace signet::machinery
