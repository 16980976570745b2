#include "server/run.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/end_signals.h"
#include "base/log.h"
#include "server/authority.h"
#include "server/local_node.h"
#include "server/test_clock.h"

namespace signet::server {
namespace {

using Steady = std::chrono::steady_clock;

int failed(const Error& error) {
  std::cerr << "signet: " << error.message << '\n';
  return 1;
}

}  // namespace

int run(RunOptions options) {
  const auto started = Steady::now();
  block_end_signals();
  if (options.verbose) log::set_level(log::Level::info);

  SystemClock system_clock;
  std::optional<TestClock> test_clock;
  if (!options.insecure_test_clock.empty()) {
    log::warn("the clock is moved by a file", {{"file", options.insecure_test_clock}});
    test_clock.emplace(options.insecure_test_clock);
  }
  Clock& clock = test_clock ? test_clock->clock() : system_clock;
  SystemRandom random;

  options.server.give_up = end_signal_is_pending;
  auto authority = Authority::start(std::move(options.server), clock, random);
  if (!authority) return failed(authority.error());

  std::unique_ptr<LocalNode> node;
  if ((*authority)->options().with_node) {
    auto started_node = LocalNode::start(**authority, clock, random);
    if (!started_node) return failed(started_node.error());
    node = *std::move(started_node);
  }

  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - started).count();
  std::cout << cat("signet is ready at ", (*authority)->url(), " after ", took, " ms\n",
                   "  export KUBECONFIG=", (*authority)->kubeconfig(), "\n")
            << std::flush;
  wait_for_end_signal();
  node.reset();
  (*authority)->stop();
  return 0;
}

}  // namespace signet::server
