// What fields a message has: the one table that drives JSON decoding, protobuf decoding, output
// order, strategic merge, server-side apply and the detection of unknown fields.
//
//   constexpr Field local_reference_fields[] = {text(1, "name")};
//   constexpr Schema local_reference{"LocalObjectReference", local_reference_fields};
//   constexpr Field fields[] = {
//       message(1, "metadata", object_meta),
//       list(3, "imagePullSecrets", local_reference),
//       list(2, "secrets", object_reference).merged_by("name"),
//       list(7, "ports", port).merged_by("port").listed_by("port", "protocol"),
//       map_of(8, "selector", Type::text).whole(),
//       boolean(4, "automountServiceAccountToken").optional(),
//   };
//
// Shape    fields stand in the order they are written to JSON; `number` is the protobuf field
//          number. A message that Go embeds is a field without a name: its members are listed among
//          the fields of the schema that embeds it, with the number 0, as they stand in JSON.
//          Everything is constexpr data with static lifetime.
// Source   Kubernetes API types and their protobuf definitions (field numbers are wire facts).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace signet::machinery {

enum class Type : std::uint8_t {
  text,
  boolean,
  int32,
  int64,
  bytes,          // JSON: standard base64
  time,           // JSON: RFC 3339, whole seconds; protobuf: {1: seconds, 2: nanos}
  micro_time,     // JSON: RFC 3339 with microseconds; protobuf as time
  quantity,       // JSON: string or number ("100m"); protobuf: {1: string}
  int_or_string,  // JSON: either; protobuf: {1: type, 2: int, 3: string}
  text_list,      // JSON: list of strings; protobuf: {1: strings}; for maps from string to it
  message,        // of `schema`
  raw,            // any JSON, kept as it is (protobuf: {1: JSON bytes})
};

enum class Shape : std::uint8_t { single, list, map };  // map: from string to the type

// When a field is written to JSON, as the Go type behind it behaves.
enum class Emit : std::uint8_t {
  when_set,      // omitempty of a plain value: "", 0, false, [], {} are dropped
  when_present,  // a pointer: kept as given, zero too; null is dropped
  always,        // a required scalar ("" or 0 when missing), an embedded struct ({} when missing),
                 // or a list, map, time, bytes or raw value (null when missing)
};

// How a strategic merge patch treats a list. Lists without a key or set mark are replaced whole.
enum class ListMerge : std::uint8_t { replace, by_key, set };

// What server-side apply takes a list, a map or a message for: something that one manager owns as a
// whole, or something whose parts have owners of their own.
enum class Ownership : std::uint8_t {
  by_merge,  // a list as its ListMerge says (`replace`: as a whole), anything else by its parts
  whole,
  by_key,  // a list whose elements are told apart by `apply_keys`
  set,
};

struct Schema;

struct Field {
  std::uint32_t number = 0;
  std::string_view name;
  Type type = Type::text;
  Shape shape = Shape::single;
  Emit emit = Emit::when_set;
  const Schema* schema = nullptr;  // of a message (or of the elements of a list or map of messages)
  ListMerge merge = ListMerge::replace;
  std::string_view merge_key;
  bool retain_keys = false;  // patchStrategy retainKeys: `$retainKeys` applies to the elements
  Ownership ownership = Ownership::by_merge;
  std::array<std::string_view, 2> apply_keys;  // the second may be empty
  // What the field counts as in the key of a list element that leaves it out.
  std::string_view key_default;

  // By which members server-side apply tells the elements of a list apart.
  constexpr std::span<const std::string_view> keys() const {
    if (ownership != Ownership::by_key) return {&merge_key, merge_key.empty() ? 0U : 1U};
    return std::span(apply_keys).first(apply_keys[1].empty() ? 1 : 2);
  }
  constexpr Field optional() const {
    Field copy = *this;
    copy.emit = Emit::when_present;
    return copy;
  }
  constexpr Field required() const {
    Field copy = *this;
    copy.emit = Emit::always;
    return copy;
  }
  constexpr Field merged_by(std::string_view key) const {
    Field copy = *this;
    copy.merge = ListMerge::by_key;
    copy.merge_key = key;
    return copy;
  }
  constexpr Field merged_as_set() const {
    Field copy = *this;
    copy.merge = ListMerge::set;
    return copy;
  }
  // Server-side apply where it differs from what the strategic merge says.
  constexpr Field listed_by(std::string_view key, std::string_view second = {}) const {
    Field copy = *this;
    copy.ownership = Ownership::by_key;
    copy.apply_keys = {key, second};
    return copy;
  }
  constexpr Field listed_as_set() const {
    Field copy = *this;
    copy.ownership = Ownership::set;
    return copy;
  }
  constexpr Field whole() const {
    Field copy = *this;
    copy.ownership = Ownership::whole;
    return copy;
  }
  constexpr Field in_keys_as(std::string_view value) const {
    Field copy = *this;
    copy.key_default = value;
    return copy;
  }
  constexpr Field with_retained_keys() const {
    Field copy = *this;
    copy.retain_keys = true;
    return copy;
  }
};

struct Schema {
  std::string_view name;  // the Go type, as decoding errors spell it: "ObjectMeta"
  std::span<const Field> fields;
  // Where OpenAPI has the type ("io.k8s.api.core.v1"); empty: where the kind is that uses it.
  std::string_view package = {};
  bool whole = false;  // server-side apply: one manager owns all of it

  // By what JSON calls it; an embedded message has no name there.
  const Field* find(std::string_view json_name) const;
  const Field* find(std::uint32_t number) const;
};

constexpr Field text(std::uint32_t number, std::string_view name) {
  return {.number = number, .name = name};
}
constexpr Field boolean(std::uint32_t number, std::string_view name) {
  return {.number = number, .name = name, .type = Type::boolean};
}
constexpr Field int32(std::uint32_t number, std::string_view name) {
  return {.number = number, .name = name, .type = Type::int32};
}
constexpr Field int64(std::uint32_t number, std::string_view name) {
  return {.number = number, .name = name, .type = Type::int64};
}
constexpr Field scalar(std::uint32_t number, std::string_view name, Type type) {
  return {.number = number, .name = name, .type = type};
}
// Struct-typed in Go, so written even when empty; a pointer to a struct is message().optional().
constexpr Field message(std::uint32_t number, std::string_view name, const Schema& schema) {
  return {.number = number,
          .name = name,
          .type = Type::message,
          .emit = Emit::always,
          .schema = &schema};
}
constexpr Field list(std::uint32_t number, std::string_view name, const Schema& schema) {
  return {.number = number,
          .name = name,
          .type = Type::message,
          .shape = Shape::list,
          .schema = &schema};
}
constexpr Field list_of(std::uint32_t number, std::string_view name, Type type) {
  return {.number = number, .name = name, .type = type, .shape = Shape::list};
}
constexpr Field map_of(std::uint32_t number, std::string_view name, Type type) {
  return {.number = number, .name = name, .type = type, .shape = Shape::map};
}

// The package of the types that every kind shares.
constexpr std::string_view meta_package = "io.k8s.apimachinery.pkg.apis.meta.v1";

// metav1.ObjectMeta, shared by every kind.
extern const Schema object_meta;

}  // namespace signet::machinery
