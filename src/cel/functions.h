// The functions an expression may call: one row an overload, the one table of them.
//
// Shape    the receiver of a member function is its first argument. A row serves the checker (how
//          many arguments, of which kinds, what comes out) and the evaluator.
// Errors   invalid with CEL's words ("no such overload", "index out of range: 3"); exhausted when
//          the budget is spent.
// Source   CEL standard definitions; the strings, sets and optionals libraries of cel-go as
//          Kubernetes turns them on; find and findAll of Kubernetes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cel/regex.h"
#include "cel/type.h"
#include "cel/value.h"

namespace signet::cel {

// Steps that are left to an evaluation.
class Budget {
 public:
  explicit Budget(std::uint64_t steps) : left_(steps) {}
  Result<void> spend(std::uint64_t steps);

 private:
  std::uint64_t left_;
};

struct Call {
  std::span<const Value> arguments;
  Budget& budget;
  const Regex* regex = nullptr;  // the pattern, where it is a literal

  const std::string& text(std::size_t index) const { return arguments[index].text(); }
};
using Implementation = Result<Value> (*)(const Call& call);

// What comes out of a function, where its kind alone does not say it.
enum class Returns : std::uint8_t {
  kind,           // Overload::result
  strings,        // a list of strings
  first,          // the type of the first argument
  content,        // of the first argument, an optional
  optional_first  // an optional of the first argument
};

struct Overload {
  static constexpr std::size_t arguments_max = 4;

  std::string_view name;
  bool member;
  std::uint8_t count;
  std::array<Kind, arguments_max> parameters;  // any: whatever
  Kind result;
  Implementation run;
  Returns returns = Returns::kind;
  std::int8_t pattern = -1;  // which argument is a regular expression

  bool accepts(std::span<const Value> arguments) const;
  bool accepts(std::span<const Type> arguments) const;
  Type result_type(std::span<const Type> arguments) const;
};

bool is_function(std::string_view name);
std::vector<const Overload*> overloads(std::string_view name, bool member, std::size_t arguments);

// What the folder's parts put into the table.
std::span<const Overload> string_functions();
std::span<const Overload> conversion_functions();
std::span<const Overload> collection_functions();
std::span<const Overload> optional_functions();

std::unexpected<Error> no_such_overload();
std::unexpected<Error> out_of_range(std::int64_t index);

}  // namespace signet::cel
