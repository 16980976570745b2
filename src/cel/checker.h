// Says before an expression runs what can never work, and what comes out of it.
//
// Shape    completes the tree: slots of names, overloads of calls, literal patterns.
// Errors   invalid, located (syntax_error.h), with the first thing found: an undeclared name or
//          function, operands no overload takes, a field an object does not have, a bad pattern.
// Source   CEL language definition, "Gradual Type Checking".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cel/expression.h"
#include "cel/type.h"

namespace signet::cel {

struct Variable {
  std::string name;
  Type type;
};

// The type of the whole. `text` is where `root` was parsed from.
Result<Type> check(Expression& root, std::span<const Variable> variables, std::string_view text);

}  // namespace signet::cel
