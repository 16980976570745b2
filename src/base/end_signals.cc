#include "base/end_signals.h"

#include <csignal>

namespace signet {
namespace {

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void block_end_signals() {
  const auto signals = end_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_end_signal() {
  const auto signals = end_signals();
  int received = 0;
  while (sigwait(&signals, &received) != 0) {
  }
}

bool end_signal_within(std::chrono::milliseconds limit) {
  const auto signals = end_signals();
  const auto whole = std::chrono::floor<std::chrono::seconds>(limit);
  const timespec wait{.tv_sec = whole.count(),
                      .tv_nsec = std::chrono::nanoseconds(limit - whole).count()};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

bool end_signal_is_pending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

}  // namespace signet
