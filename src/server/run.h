// Runs a server in the foreground: starts it, says so, and stops it when a signal comes.
//
// Threads  called once, from main(), before any other thread is made.
#pragma once

#include <string>

#include "server/options.h"

namespace signet::server {

struct RunOptions {
  Options server;
  bool verbose = false;  // log at level info
  // A file with a number of seconds by which the clock is ahead, looked at again and again: for
  // tests of refresh and expiry. Whoever writes it decides what time it is.
  std::string insecure_test_clock;
};

// Returns the exit code: 0 after a signal, 1 when the server could not be started.
int run(RunOptions options);

}  // namespace signet::server
