#include "cel/program.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "cel/evaluator.h"
#include "cel/expression.h"
#include "cel/parser.h"

namespace signet::cel {
namespace {

// As deep as the tree, which the parser has limited.
bool selects(const Expression& node, std::string_view variable, std::string_view field) {
  if (node.kind == Expression::Kind::select && node.name == field) {
    const auto& operand = *node.operands[0];
    if (operand.kind == Expression::Kind::name && !operand.local && operand.name == variable) {
      return true;
    }
  }
  return std::ranges::any_of(node.operands, [&](const ExpressionPtr& operand) {
    return selects(*operand, variable, field);
  });
}

}  // namespace

Result<Program> Program::compile(std::string_view text, const Environment& environment) {
  TRY(auto root, parse(text));
  auto shared = std::make_shared<Shared>();
  TRY(shared->result, check(*root, environment.variables, text));
  shared->text = text;
  shared->root = std::move(root);
  shared->steps_max = environment.steps_max;
  for (const auto& variable : environment.variables) shared->variables.push_back(variable.name);
  return Program(std::move(shared));
}

Result<Value> Program::evaluate(const Activation& activation) const {
  std::vector<const Value*> variables;
  variables.reserve(shared_->variables.size());
  for (const auto& name : shared_->variables) {
    const auto found = activation.find(name);
    variables.push_back(found == activation.end() ? nullptr : &found->second);
  }
  return cel::evaluate(*shared_->root, variables, shared_->steps_max);
}

bool Program::selects(std::string_view variable, std::string_view field) const {
  return cel::selects(*shared_->root, variable, field);
}

}  // namespace signet::cel
