// What the fields of an object are to server-side apply, as its schema says: the set of those that
// an object names, and what differs between two objects.
//
//   const FieldSet owned = fields_of(*kind.schema, configuration);
//   const FieldChanges changes = compare(*kind.schema, live, wanted);
//
// Shape    objects as JSON; kind and apiVersion at the top belong to nobody and are passed over, as
//          is all that the schema does not know. Two elements of a list with the same key are one
//          field, compared as they stand.
// Limits   nesting as parsed. Costs n log n in the members of an object and the elements of a list.
// Source   structured-merge-diff: Compare and ToFieldSet of typed values.
#pragma once

#include <cstdint>
#include <optional>

#include "codec/json.h"
#include "machinery/field_set.h"
#include "machinery/schema.h"

namespace signet::machinery {

// What a value is to apply: owned as a whole (leaf), or by its parts.
struct ValueType {
  enum class Structure : std::uint8_t { leaf, record, map, keyed_list, set };
  Structure structure = Structure::leaf;
  const Schema* schema = nullptr;  // of a record, and of the elements of a keyed list
  const Field* field = nullptr;    // of a map or a list

  static ValueType object(const Schema& schema);
  static ValueType of(const Field& field);
  // Of a member of a record or a map; nullopt for what the schema does not know.
  std::optional<ValueType> member(std::string_view name) const;
  // Of the elements of a list or a map.
  ValueType element() const;
  bool is_list() const { return structure == Structure::keyed_list || structure == Structure::set; }
};

// What tells an element of a keyed list or a set apart. nullopt: it names none of its keys, or is
// of the wrong type.
std::optional<PathElement> element_path(const ValueType& list, const codec::Json& element);

FieldSet fields_of(const Schema& schema, const codec::Json& object);

struct FieldChanges {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;

  bool empty() const { return added.empty() && modified.empty() && removed.empty(); }
};

FieldChanges compare(const Schema& schema, const codec::Json& before, const codec::Json& after);

}  // namespace signet::machinery
