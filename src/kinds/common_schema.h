// Messages that several kinds hold, and how a table says that Go embeds one struct in another.
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

extern const machinery::Schema local_object_reference;
extern const machinery::Schema object_reference;
extern const machinery::Schema label_requirement;
extern const machinery::Schema label_selector;

template <std::size_t size>
constexpr auto embedded(std::uint32_t number, const machinery::Schema& schema,
                        const machinery::Field (&fields)[size]) {
  std::array<machinery::Field, size + 1> out{};
  auto* end = std::ranges::copy(fields, out.begin()).out;
  for (auto& field : out) field.number = 0;
  *end = machinery::message(number, "", schema).optional();
  return out;
}

// An embedded LocalObjectReference.
constexpr auto embedded_name(std::uint32_t number) {
  return std::to_array<machinery::Field>(
      {machinery::text(0, "name"),
       machinery::message(number, "", local_object_reference).optional()});
}

template <std::size_t... sizes>
constexpr auto joined(const std::array<machinery::Field, sizes>&... parts) {
  std::array<machinery::Field, (sizes + ...)> out{};
  auto* next = out.begin();
  ((next = std::ranges::copy(parts, next).out), ...);
  return out;
}

}  // namespace signet::kinds
