// Where work runs: a loop's thread, in the order it was posted.
#pragma once

#include <functional>

namespace signet {

class Executor {
 public:
  virtual ~Executor() = default;
  // Safe from any thread. `work` runs later, on the executor's own thread, never inside post().
  virtual void post(std::move_only_function<void()> work) = 0;
};

}  // namespace signet
