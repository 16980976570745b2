// Runs a checked expression.
//
// Errors   invalid with CEL's words ("no such key: x"); exhausted when the steps are used up, which
//          && and || do not absorb.
// Threads  pure; one expression may be run by many threads at once.
// Source   CEL language definition, "Evaluation": errors of && and || are absorbed by a side that
//          decides, whichever side that is.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "cel/expression.h"
#include "cel/value.h"

namespace signet::cel {

// `variables` by slot; null: not given, an error for whoever reads it.
Result<Value> evaluate(const Expression& root, std::span<const Value* const> variables,
                       std::uint64_t steps_max);

}  // namespace signet::cel
