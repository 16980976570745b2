// One kind of bearer token that this server believes: the chain asks each in turn, the first user
// wins.
//
//   auto verdict = tokens.authenticate(text, audiences, snapshot);
//   if (const auto* reviewed = std::get_if<identity::Reviewed>(&verdict)) ...
//
// Shape    "not mine" is silent; a refusal's reason is told to whoever reviews the token, never to
//          whoever sent it. Reasons hold no part of a token.
// Threads  one a loop, unless the class says more.
// Source   tokens.md 5.1, 6.1.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "identity/reviewer.h"
#include "identity/token_use.h"
#include "machinery/view.h"

namespace signet::access {

struct NotMine {};
struct Refused {
  std::string reason;
};
using TokenVerdict = std::variant<NotMine, Refused, identity::Reviewed>;

class TokenAuthenticator {
 public:
  virtual ~TokenAuthenticator() = default;

  // `audiences` are those that were asked for, or the server's own; never empty. The user comes
  // without system:authenticated. What is worth knowing of the use is told to `use`.
  virtual TokenVerdict authenticate(std::string_view token, std::span<const std::string> audiences,
                                    const machinery::Snapshot& snapshot,
                                    const identity::TokenUse& use) = 0;
};

}  // namespace signet::access
