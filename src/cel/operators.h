// What the operators do with two values, and which types they take.
//
// Errors   invalid with CEL's words: "no such overload", "integer overflow", "division by zero".
// Source   CEL standard definitions, "Standard Operators".
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "cel/expression.h"
#include "cel/functions.h"
#include "cel/type.h"
#include "cel/value.h"

namespace signet::cel {

// As the language names it: "_+_", "@in", "!_".
std::string_view name_of(Operator op);

// `right` is not looked at by an operator of one operand.
Result<Value> apply(Operator op, const Value& left, const Value& right, Budget& budget);

// None: the operator has nothing for these types.
std::optional<Type> result_type(Operator op, std::span<const Type> operands);

}  // namespace signet::cel
