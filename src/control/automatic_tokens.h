// Sees to it that every account lists a secret with a token of its own, as clusters did up to
// Kubernetes 1.23.
//
// Shape    an account that lists no such secret gets a new one, NAME-token-xxxxx, complete from the
//          start, and is told of it; where it cannot be told, the secret goes again. Whoever takes
//          the entry out of the list, or deletes the secret, gets another.
// Limits   a server that is killed between the two writes leaves a secret that nobody lists.
// Threads  its loop's.
// Source   tokens.md 4.4.
#pragma once

#include "control/legacy_tokens.h"
#include "control/work_queue.h"
#include "machinery/api.h"

namespace signet::control {

class AutomaticTokens {
 public:
  // Both outlive this.
  AutomaticTokens(machinery::Api& api, LegacyTokens& secrets);

  void start();
  void tell(const machinery::Change& change);
  void stop() { accounts_.stop(); }

 private:
  Task<machinery::ApiResult<void>> reconcile(std::string key);

  machinery::Api& api_;
  LegacyTokens& secrets_;
  WorkQueue accounts_;
};

}  // namespace signet::control
