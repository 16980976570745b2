#include "identity/last_uses.h"

#include <utility>

namespace signet::identity {

void LastUses::add(std::string secret) {
  state_.with([&](State& state) {
    if (state.waiting.size() >= waiting_max) return;
    const bool first = state.waiting.empty();
    state.waiting.insert(std::move(secret));
    if (first && state.wake) state.wake();
  });
}

std::vector<std::string> LastUses::take() {
  const auto waiting = state_.with([](State& state) { return std::exchange(state.waiting, {}); });
  return {waiting.begin(), waiting.end()};
}

void LastUses::on_waiting(std::function<void()> wake) {
  state_.with([&](State& state) {
    state.wake = std::move(wake);
    if (!state.waiting.empty() && state.wake) state.wake();
  });
}

}  // namespace signet::identity
