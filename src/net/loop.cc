#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "net/loop_impl.h"

namespace signet::net {
namespace {

// A ticket that either the loop or the thread that asked may take, once.
struct Ticket {
  std::mutex mutex;
  std::condition_variable changed;
  bool taken = false;
  bool done = false;
};

}  // namespace

void Loop::Impl::run_and_wait(const std::function<void()>& work) {
  if (!running.load() || io.get_executor().running_in_this_thread()) {
    work();
    return;
  }
  const auto ticket = std::make_shared<Ticket>();
  asio::post(io, [ticket, work] {
    {
      const std::scoped_lock lock(ticket->mutex);
      if (std::exchange(ticket->taken, true)) return;
    }
    work();
    const std::scoped_lock lock(ticket->mutex);
    ticket->done = true;
    ticket->changed.notify_all();
  });
  std::unique_lock lock(ticket->mutex);
  while (!ticket->done) {
    ticket->changed.wait_for(lock, std::chrono::milliseconds(20));
    // The loop was stopped before it came to the work.
    if (!ticket->taken && !running.load()) {
      ticket->taken = true;
      lock.unlock();
      work();
      return;
    }
  }
}

class Loop::Timer {
 public:
  struct State {
    State(asio::io_context& io, std::move_only_function<void()> action)
        : timer(io.get_executor()), work(std::move(action)) {}
    LoopTimer timer;
    std::move_only_function<void()> work;
    bool cancelled = false;
  };

  Timer(asio::io_context& io, std::chrono::milliseconds delay, std::move_only_function<void()> work)
      : state_(std::make_shared<State>(io, std::move(work))) {
    state_->timer.expires_after(delay);
    state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
      if (error || state->cancelled) return;
      auto action = std::move(state->work);
      action();
    });
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() {
    // The flag as well: an expiry that is already queued can no longer be cancelled.
    state_->cancelled = true;
    state_->timer.cancel();
  }

 private:
  std::shared_ptr<State> state_;
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::post(std::move_only_function<void()> work) {
  asio::post(impl_->io, std::move(work));
}

Loop::TimerHandle Loop::after(std::chrono::milliseconds delay,
                              std::move_only_function<void()> work) {
  return {new Timer(impl_->io, delay, std::move(work)), [](Timer* timer) { delete timer; }};
}

void Loop::run() {
  impl_->running.store(true);
  impl_->io.run();
  impl_->running.store(false);
  // Only now, so that a stop() that came before run() is not lost.
  impl_->io.restart();
}

void Loop::stop() {
  impl_->io.stop();
}

}  // namespace signet::net
