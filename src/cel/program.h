// An expression of the Common Expression Language, compiled once and run often.
//
//   const cel::Environment environment{.variables = {{"claims", Type::map_of(string, Type{})}}};
//   TRY(auto rule, cel::Program::compile("claims.hd == 'example.com'", environment));
//   if (rule.result_type().kind != cel::Kind::boolean) refuse();
//   TRY(auto verdict, rule.evaluate({{"claims", claims}}));
//
// Shape    a subset: what identities and policies are made of. No messages, durations, timestamps,
//          protobuf types and two-variable macros; functions as in cel/functions.h.
// Errors   compile(): invalid, with the place (syntax_error.h). evaluate(): invalid, with CEL's
//          words; exhausted, when Environment::steps_max were made.
// Limits   64 KiB of text, a tree 100 deep (parser.h); a step is a node of the tree, an element or
//          ten bytes of text.
// Threads  immutable: evaluate() from any thread.
// Source   Common Expression Language, language definition; cel-go where it is silent.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cel/checker.h"
#include "cel/type.h"
#include "cel/value.h"

namespace signet::cel {

struct Expression;

struct Environment {
  std::vector<Variable> variables;
  std::uint64_t steps_max = 100'000;  // of one evaluation: some milliseconds
};

using Activation = std::map<std::string_view, Value>;

class Program {
 public:
  static Result<Program> compile(std::string_view text, const Environment& environment);

  Result<Value> evaluate(const Activation& activation) const;

  const std::string& text() const { return shared_->text; }
  // What is known of the result; dyn where it depends on the input.
  const Type& result_type() const { return shared_->result; }
  // Whether `variable.field` (or .?field) is somewhere in it.
  bool selects(std::string_view variable, std::string_view field) const;

 private:
  struct Shared {
    std::string text;
    std::shared_ptr<const Expression> root;
    std::vector<std::string> variables;
    Type result;
    std::uint64_t steps_max = 0;
  };
  explicit Program(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<const Shared> shared_;
};

}  // namespace signet::cel
