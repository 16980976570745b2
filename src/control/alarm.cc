#include "control/alarm.h"

#include <chrono>
#include <utility>

namespace signet::control {

Alarm::Alarm(net::Loop& loop, Clock& clock, std::function<void()> ring)
    : loop_(loop),
      clock_(clock),
      ring_(std::move(ring)),
      timer_(nullptr, [](net::Loop::Timer*) {}) {
  jumps_ = clock_.on_jump([this, &loop = loop_, alive = std::weak_ptr<bool>(alive_)] {
    loop.post([this, alive] {
      if (alive.lock() != nullptr) look();
    });
  });
}

void Alarm::set(Instant when) {
  when_ = when;
  look();
}

void Alarm::clear() {
  when_.reset();
  timer_.reset();
}

void Alarm::stop() {
  alive_.reset();
  jumps_.reset();
  clear();
}

void Alarm::look() {
  if (!when_) return;
  const auto now = clock_.now();
  if (now < *when_) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*when_ - now);
    timer_ = loop_.after(wait, [this] { look(); });
    return;
  }
  clear();
  ring_();
}

}  // namespace signet::control
