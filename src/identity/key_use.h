// How long the tokens live that a key has signed: a promise that is kept on disk, because the key
// has to be believed until the last of them has expired.
//
//   if (!use.covers(lifetime)) CO_TRY_VOID(co_await use.cover(lifetime, loop));
//
// Shape    covers() is one atomic load; cover() is needed a handful of times in the life of a key.
// Threads  safe from any thread; a coroutine that waits for cover() resumes on its loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/executor.h"
#include "base/result.h"
#include "base/task.h"

namespace signet::identity {

// Who writes it down.
class LifetimePromises {
 public:
  using Complete = Callback<Result<void>>::Complete;
  virtual ~LifetimePromises() = default;
  // Calls `complete` on `loop` once it is on disk that `kid` signs tokens that live so long, or
  // when that cannot be written, or `kid` signs no more.
  virtual void promise(const std::string& kid, std::chrono::seconds lifetime, Executor& loop,
                       Complete complete) = 0;
};

class KeyUse {
 public:
  // `promises` outlives it.
  KeyUse(std::string kid, std::chrono::seconds longest, LifetimePromises& promises)
      : kid_(std::move(kid)), longest_(longest.count()), promises_(promises) {}

  bool covers(std::chrono::seconds lifetime) const {
    return lifetime.count() <= longest_.load(std::memory_order_acquire);
  }
  Callback<Result<void>> cover(std::chrono::seconds lifetime, Executor& loop) const {
    return Callback<Result<void>>([this, lifetime, &loop](LifetimePromises::Complete complete) {
      promises_.promise(kid_, lifetime, loop, std::move(complete));
    });
  }

  void set_longest(std::chrono::seconds longest) {
    longest_.store(longest.count(), std::memory_order_release);
  }

 private:
  const std::string kid_;
  std::atomic<std::int64_t> longest_;
  LifetimePromises& promises_;
};

}  // namespace signet::identity
