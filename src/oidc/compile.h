// Checks a configuration as a whole and compiles its expressions: what comes out can be used.
//
//   TRY(auto authenticators, oidc::compile(configuration, {"https://our.issuer"}));
//
// Errors   invalid: everything that is wrong, with Kubernetes' field paths and texts.
// Limits   64 issuers.
// Source   Kubernetes' validation of AuthenticationConfiguration; tokens.md 5.9.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cel/program.h"
#include "oidc/configuration.h"

namespace signet::oidc {

struct CompiledRule {
  cel::Program program;
  std::string message;
};
struct CompiledExtra {
  std::string key;
  cel::Program program;
};

// One issuer's tokens, and whose they are. Immutable.
struct CompiledAuthenticator {
  JwtAuthenticator source;
  std::vector<CompiledRule> claim_rules;
  std::optional<cel::Program> username;
  std::optional<cel::Program> groups;
  std::optional<cel::Program> uid;
  std::vector<CompiledExtra> extra;
  std::vector<CompiledRule> user_rules;
};
using CompiledAuthenticators = std::vector<std::shared_ptr<const CompiledAuthenticator>>;

// `own_issuers` are believed by somebody else and must not be configured again.
Result<CompiledAuthenticators> compile(const Configuration& configuration,
                                       std::span<const std::string> own_issuers);

}  // namespace signet::oidc
