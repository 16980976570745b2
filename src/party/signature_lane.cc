#include "party/signature_lane.h"

#include <optional>
#include <stop_token>
#include <utility>

namespace signet::party {

SignatureLane::SignatureLane(Options options, const verify::Moments& moments)
    : options_(options), moments_(moments) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

SignatureLane::~SignatureLane() {
  close();
}

bool SignatureLane::offer(verify::SteadyTime deadline, Work work) {
  {
    const std::scoped_lock lock(mutex_);
    if (closed_ || queue_.size() >= options_.queue_max) return false;
    queue_.push_back({.deadline = deadline, .work = std::move(work)});
  }
  offered_.notify_one();
  return true;
}

bool SignatureLane::run_one() {
  std::optional<Waiting> next;
  {
    const std::scoped_lock lock(mutex_);
    if (queue_.empty()) return false;
    next = std::move(queue_.front());
    queue_.pop_front();
  }
  next->work(moments_.now().steady < next->deadline ? Turn::now : Turn::too_late);
  return true;
}

void SignatureLane::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!offered_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
    }
    run_one();
  }
}

void SignatureLane::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  threads_.clear();  // asks each to stop and waits for it
  std::deque<Waiting> left;
  {
    const std::scoped_lock lock(mutex_);
    left.swap(queue_);
  }
  for (auto& waiting : left) waiting.work(Turn::too_late);
}

std::size_t SignatureLane::waiting() const {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

}  // namespace signet::party
