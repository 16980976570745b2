// What ConfigMap and Secret share: keys, the size of all values together, and immutability.
//
// Units    bytes.
// Limits   data_bytes_max.
// Source   api.md B.3.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

inline constexpr std::size_t data_bytes_max = std::size_t{1} << 20U;

// How many bytes a canonical base64 text stands for.
std::size_t decoded_size(std::string_view base64);

// Keeps an object as it is once its `immutable` is true: `immutable` itself, and every field named.
void validate_immutable(const codec::Json& object, const codec::Json& old,
                        std::span<const std::string_view> fields, machinery::FieldErrors& errors);

}  // namespace signet::kinds
