#include "verify/key_engine.h"

namespace signet::verify {

KeyEngineThread::KeyEngineThread(KeyEngine& engine) : engine_(engine) {
  engine_.on_nudge([this] {
    const std::scoped_lock lock(mutex_);
    nudged_ = true;
    woken_.notify_all();
  });
  stepper_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  keeper_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
}

KeyEngineThread::~KeyEngineThread() {
  stepper_.request_stop();
  keeper_.request_stop();
  stepper_.join();
  keeper_.join();
  engine_.on_nudge({});
}

void KeyEngineThread::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto next = engine_.step();
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, stop, next, [this] { return nudged_; });
    nudged_ = false;
  }
}

void KeyEngineThread::keep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, persist_interval, [] { return false; });
    }
    // The engine says itself what went wrong; the next time may be better.
    [[maybe_unused]] const auto kept = engine_.persist();
  }
}

}  // namespace signet::verify
