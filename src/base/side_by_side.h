// Runs many tasks of one loop side by side, so that those which wait for commits share them.
//
//   const bool all = co_await side_by_side(keys.size(), 64, [&](std::size_t i) -> Task<bool> {
//     co_return co_await remove(keys[i]);
//   });
//
// Shape    tasks are started in order, `width` at most are not yet done. One that says false lets
//          no further one start; the whole is done, and false, when those that run are done.
// Threads  one loop's. `make` lives as long as the whole.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "base/task.h"

namespace signet {

namespace task_detail {

struct SideBySide {
  std::size_t count;
  std::size_t width;
  std::function<Task<bool>(std::size_t)> make;
  Callback<bool>::Complete complete;
  std::size_t next = 0;
  std::size_t running = 0;
  bool good = true;
  bool starting = false;

  static void step(const std::shared_ptr<SideBySide>& self) {
    // A task may be done before it is back: the loop below, not another one inside it, goes on.
    if (std::exchange(self->starting, true)) return;
    while (self->good && self->next < self->count && self->running < self->width) {
      ++self->running;
      spawn(self->make(self->next++), [self](bool good) {
        --self->running;
        self->good = self->good && good;
        step(self);
      });
    }
    self->starting = false;
    if (self->running > 0 || (self->good && self->next < self->count)) return;
    if (auto tell = std::exchange(self->complete, nullptr)) tell(self->good);
  }
};

}  // namespace task_detail

inline Callback<bool> side_by_side(std::size_t count, std::size_t width,
                                   std::function<Task<bool>(std::size_t)> make) {
  auto all = std::make_shared<task_detail::SideBySide>(count, width, std::move(make));
  return Callback<bool>([all = std::move(all)](Callback<bool>::Complete complete) {
    all->complete = std::move(complete);
    task_detail::SideBySide::step(all);
  });
}

}  // namespace signet
