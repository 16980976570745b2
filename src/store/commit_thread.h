// The thread of a store: takes what has queued, has it committed as one batch, and tells.
//
//   CommitThread thread([&](std::span<const Write> batch) { return commit_all(batch); });
//   thread.push(std::move(write), std::move(done));
//
// Shape    while one batch is being committed the next one gathers (group commit). For each batch:
//          commit, then the observer, then the callbacks in order, then `rest`.
// Limits   a batch has at most 1024 writes or 8 MiB, the queue 65,536 writes or 256 MiB; past that
//          a write is refused as unavailable.
// Threads  every member from any thread. stop() may be called by a callback too; then the thread
//          ends after what was queued, and the destructor waits for it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "store/store.h"

namespace signet::store {

class CommitThread {
 public:
  using Outcome = Result<Revision, CommitError>;
  // One outcome a write, in order.
  using Commit = std::move_only_function<std::vector<Outcome>(std::span<const Write>)>;

  // `rest` runs when a batch has been told, for work nobody should wait for.
  explicit CommitThread(Commit commit, std::move_only_function<void()> rest = [] {});
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  void observe(Observer& observer);
  // A refusal for a full queue or a stopped store is told at once, on the caller's thread.
  void push(Write write, Store::Committed done);
  void stop();

 private:
  struct Batch {
    std::vector<Write> writes;
    std::vector<Store::Committed> callbacks;
    std::size_t bytes = 0;
  };

  void run();
  bool next(Batch& batch, Observer*& observer);
  static void tell(Batch& batch, std::vector<Outcome> outcomes, Observer* observer);

  Commit commit_;
  std::move_only_function<void()> rest_;

  std::mutex mutex_;
  std::condition_variable wake_;
  Batch queue_;
  Observer* observer_ = nullptr;
  bool stopping_ = false;

  std::mutex join_mutex_;
  std::thread thread_;  // after all it uses
  const std::thread::id thread_id_ = thread_.get_id();
};

}  // namespace signet::store
