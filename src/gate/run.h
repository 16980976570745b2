// Runs the gate in the foreground: reads the policy, says where it listens, and stops when a signal
// comes.
//
// Shape    at the first signal readiness goes false and checks go on being answered for
//          `shutdown_delay`, so that a balancer sees it first; a second signal ends the wait.
// Threads  called once, from main(), before any other thread is made.
#pragma once

#include <chrono>
#include <string>

#include "gate/gate.h"

namespace signet::gate {

struct RunOptions {
  Options gate;
  std::string policy;          // a file or a directory: docs/gate.md
  std::string keys_directory;  // last good key sets; empty: they are not kept
  std::chrono::milliseconds shutdown_delay{0};
  bool verbose = false;  // log at level info, refusals among it
};

// The exit code: 0 after a signal, 1 when the gate could not be started.
int run(RunOptions options);

}  // namespace signet::gate
