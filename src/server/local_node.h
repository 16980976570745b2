// The node agent of this machine, in this process but with the rights of a node only: it speaks to
// the authority over HTTPS, as it would from elsewhere.
//
// Errors   start() says what the runtime needs and does not find.
// Threads  start() and the destructor from one thread; it makes the agent's own.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "server/authority.h"

namespace signet::server {

class LocalNode {
 public:
  // `authority` runs and outlives the node.
  static Result<std::unique_ptr<LocalNode>> start(const Authority& authority, Clock& clock,
                                                  Random& random);
  // Ends the processes of pods; their objects stay, and they are started again next time.
  ~LocalNode();
  LocalNode(const LocalNode&) = delete;
  LocalNode& operator=(const LocalNode&) = delete;

 private:
  struct Impl;
  explicit LocalNode(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::server
