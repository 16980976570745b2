// What the schema tables of this folder share: the words they are written in, messages that several
// kinds hold, and how a table says that Go embeds one struct in another.
//
//   constexpr auto volume_fields =
//       joined(std::to_array<Field>({text(1, "name").required()}),
//              embedded(2, volume_source, volume_source_fields));
//
// Shape    the members of an embedded message stand beside its neighbours in JSON (with the number
//          0, which protobuf never uses), while protobuf has it as a message of its own: a field
//          without a name.
// Source   api.md A.6; core/v1 types.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "machinery/schema.h"

namespace signet::kinds {

using machinery::boolean;
using machinery::Field;
using machinery::int32;
using machinery::int64;
using machinery::list;
using machinery::list_of;
using machinery::map_of;
using machinery::message;
using machinery::object_meta;
using machinery::scalar;
using machinery::Schema;
using machinery::text;
using machinery::Type;

extern const Schema local_object_reference;
extern const Schema object_reference;
extern const Schema label_requirement;
extern const Schema label_selector;

template <std::size_t size>
constexpr auto embedded(std::uint32_t number, const Schema& schema, const Field (&fields)[size]) {
  std::array<Field, size + 1> out{};
  auto* end = std::ranges::copy(fields, out.begin()).out;
  for (auto& field : out) field.number = 0;
  *end = message(number, "", schema).optional();
  return out;
}

// An embedded LocalObjectReference.
constexpr auto embedded_name(std::uint32_t number) {
  return std::to_array<Field>(
      {text(0, "name"), message(number, "", local_object_reference).optional()});
}

template <std::size_t... sizes>
constexpr auto joined(const std::array<Field, sizes>&... parts) {
  std::array<Field, (sizes + ...)> out{};
  auto* next = out.begin();
  ((next = std::ranges::copy(parts, next).out), ...);
  return out;
}

}  // namespace signet::kinds
