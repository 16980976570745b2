// Which calls are macros: they see their arguments before those are computed.
//
// Source   CEL language definition, "Macros"; optMap and optFlatMap of cel-go.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "cel/expression.h"

namespace signet::cel {

// Of a receiver, by name and number of arguments. has() is none of these: it has no receiver.
std::optional<Macro> macro_named(std::string_view name, std::size_t arguments);

}  // namespace signet::cel
