// A coroutine that yields one value: how a request handler waits for a commit without blocking its
// loop.
//
//   Task<Reply> handle(Request request) { auto r = co_await commit(...); co_return reply(r); }
//   spawn(handle(std::move(request)), [](Reply reply) { ... });
//
// Shape    lazy: nothing runs until it is awaited or spawned. One awaiter. Parameters by value.
// Threads  resumes on the thread that completes what it awaits; awaitables of this project resume
//          on the loop the coroutine was started from.
// Errors   handlers return Result; an exception that escapes a coroutine terminates the process.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace signet {

template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> awaiter = std::noop_coroutine();

    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
        return done.promise().awaiter;
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    template <typename U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle handle;
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        handle.promise().awaiter = awaiter;
        return handle;
      }
      T await_resume() { return *std::move(handle.promise().value); }
    };
    return Awaiter{handle_};
  }

 private:
  explicit Task(Handle handle) : handle_(handle) {}

  Handle handle_;
};

namespace task_detail {
// Starts at once and destroys itself at its end.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
};

template <typename T, typename Done>
Detached run(Task<T> task, Done done) {
  done(co_await std::move(task));
}
}  // namespace task_detail

// Runs `task` now, up to its first wait; `done` receives its value, possibly before spawn returns.
template <typename T, typename Done>
void spawn(Task<T> task, Done done) {
  task_detail::run(std::move(task), std::move(done));
}

// Awaits something that calls back once: `start` is given the callback and must see to it that the
// callback runs on the loop the coroutine belongs to.
template <typename T>
class Callback {
 public:
  using Complete = std::move_only_function<void(T)>;
  explicit Callback(std::move_only_function<void(Complete)> start) : start_(std::move(start)) {}

  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    // Moved out first: the callback may resume, finish and destroy the coroutine at once.
    auto start = std::move(start_);
    start([this, awaiter](T value) {
      value_.emplace(std::move(value));
      awaiter.resume();
    });
  }
  T await_resume() { return *std::move(value_); }

 private:
  std::move_only_function<void(Complete)> start_;
  std::optional<T> value_;
};

}  // namespace signet
