// A route's rule in CEL over who the caller is and what the token claims.
//
//   TRY(auto condition, Condition::compile("caller.namespace == 'shop' && claims.x == 1"));
//   if (auto refused = condition.refusal(caller, payload)) deny(*refused);
//
// Shape    `caller` has cluster, issuer, namespace, name, uid, pod, node and secret (each with name
//          and uid, empty where there is none), tokenID, audiences, method. `claims` is the payload
//          of the token.
// Errors   compile(): invalid, with the place in the text, or that it is not a condition.
//          Whatever goes wrong in evaluating refuses.
// Limits   20,000 steps (cel/program.h).
// Threads  immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cel/program.h"
#include "party/caller.h"

namespace signet::party {

class Condition {
 public:
  static Result<Condition> compile(std::string_view text);

  // Why not; none: the condition holds. `payload` is JSON that was signed, or vouched for by the
  // cluster; empty where there is none.
  std::optional<std::string> refusal(const Caller& caller, std::string_view payload) const;

 private:
  explicit Condition(cel::Program program) : program_(std::move(program)) {}
  cel::Program program_;
};

}  // namespace signet::party
