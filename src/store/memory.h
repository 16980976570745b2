// The store without a disk: for tests and for an authority that may forget.
//
//   MemoryStore store;
//
// Threads  as Store says: commits, observer and callbacks on a thread of its own.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "store/commit_thread.h"
#include "store/store.h"

namespace signet::store {

class MemoryStore final : public Store {
 public:
  MemoryStore();

  Result<Range> range(std::string_view prefix) override;
  void observe(Observer& observer) override { thread_.observe(observer); }
  void commit(Write write, Committed done) override {
    thread_.push(std::move(write), std::move(done));
  }
  void stop() override { thread_.stop(); }

 private:
  struct Held {
    std::string value;
    Revision revision = 0;
  };
  struct State {
    std::map<std::string, Held, std::less<>> entries;
    Revision revision = 0;
  };

  std::vector<CommitThread::Outcome> commit_all(std::span<const Write> batch);

  Guarded<State> state_;
  CommitThread thread_;  // last: it uses the state
};

}  // namespace signet::store
