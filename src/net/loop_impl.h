// The event library behind net/loop.h; included only by this folder's .cc files.
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/wait_traits.hpp>
#include <chrono>
#include <functional>

#include "net/loop.h"

namespace signet::net {

namespace asio = boost::asio;

// The concrete executor, so that nothing is type-erased on the request path.
using LoopExecutor = asio::io_context::executor_type;
using LoopTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

struct Loop::Impl {
  asio::io_context io{1};  // one thread runs it
  asio::executor_work_guard<LoopExecutor> alive{io.get_executor()};
  std::atomic<bool> running = false;

  // Runs `work` on the loop and returns when it has run. On a loop that is not running, or from
  // its own thread, that is here and now.
  void run_and_wait(const std::function<void()>& work);
};

}  // namespace signet::net
