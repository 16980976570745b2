// An expression as a tree: what the parser makes, the checker completes and the evaluator walks.
//
// Shape    && and || have two or more operands, so that a long chain is not a deep tree. Macros
//          (has, all, map, ...) are nodes of their own, not rewritten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cel/regex.h"
#include "cel/value.h"

namespace signet::cel {

struct Overload;  // cel/functions.h

enum class Operator : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  negate,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  logical_not,
};

enum class Macro : std::uint8_t { all, exists, exists_one, map, filter, opt_map, opt_flat_map };

struct Expression {
  enum class Kind : std::uint8_t {
    constant,
    name,         // `name`; `slot` after checking
    select,       // operands[0].name
    index,        // operands[0][operands[1]]
    call,         // `name` with operands; the first is the receiver if `member`
    operation,    // `op`
    logical_and,  // operands
    logical_or,
    conditional,  // operands[0] ? operands[1] : operands[2]
    list,         // operands; `optional_entries`
    map,          // operands: key, value, key, value; `optional_entries` by pair
    macro,        // operands[0].macro(name, operands[1..])
  };

  Kind kind = Kind::constant;
  std::size_t offset = 0;
  std::size_t depth = 1;
  Value constant;
  std::string name;
  Operator op = Operator::add;
  Macro macro = Macro::all;
  bool member = false;
  bool optional = false;   // .?name, [?index]
  bool test_only = false;  // has(operands[0].name)
  std::vector<bool> optional_entries;
  std::vector<std::unique_ptr<Expression>> operands;

  // What the checker adds.
  std::size_t slot = 0;  // of a name: which variable
  bool local = false;    // of a name: a macro's variable, else the environment's
  std::vector<const Overload*> overloads;
  std::optional<Regex> regex;  // a literal pattern, compiled once
};

using ExpressionPtr = std::unique_ptr<Expression>;

}  // namespace signet::cel
