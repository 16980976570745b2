// Numbers as an expression spells them.
//
// Shape    none for a text that is no number of the kind, or one that does not fit.
// Source   CEL language definition, "Numeric Values".
#pragma once

#include <optional>
#include <string_view>

#include "cel/value.h"

namespace signet::cel {

// "42", "0x2a"; the sign belongs to it, because the smallest int has no positive counterpart.
std::optional<Value> whole_value(std::string_view text, bool negative);
// "42u", "0x2aU".
std::optional<Value> unsigned_value(std::string_view text);
// "1.5", "1e3".
std::optional<Value> real_value(std::string_view text, bool negative);

}  // namespace signet::cel
