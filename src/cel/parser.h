// Reads an expression into a tree.
//
// Errors   invalid, located (syntax_error.h).
// Limits   64 KiB of text, a tree 100 deep, 10,000 nodes.
// Source   CEL language definition, "Syntax" and "Macros"; optional syntax (.?a, [?i], {?k: v}).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "cel/expression.h"

namespace signet::cel {

inline constexpr std::size_t expression_bytes_max = std::size_t{64} * 1024;
inline constexpr std::size_t expression_depth_max = 100;
inline constexpr std::size_t expression_nodes_max = 10'000;

Result<ExpressionPtr> parse(std::string_view text);

}  // namespace signet::cel
