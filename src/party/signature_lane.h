// Where signatures wait whose check costs many times an ordinary one (ES384, ES512): on threads of
// their own, so that a flood of them delays nobody else.
//
//   if (!lane.offer(deadline, [...](Turn turn) { ... })) refuse(Refusal::overloaded);
//
// Shape    in order; work whose deadline passed while it waited is told so and is to do nothing
//          expensive.
// Limits   Options::queue_max.
// Threads  offer() from any. Work runs on the lane's threads; the destructor tells what still waits
//          that it is too late.
// Source   verify.md A.3 (cost), A.12 (43).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "verify/moment.h"

namespace signet::party {

enum class Turn : std::uint8_t { now, too_late };

class SignatureLane {
 public:
  struct Options {
    std::size_t threads = 1;  // 0: run_one() by hand
    std::size_t queue_max = 1'024;
  };
  using Work = std::move_only_function<void(Turn)>;

  SignatureLane(Options options, const verify::Moments& moments);
  ~SignatureLane();
  SignatureLane(const SignatureLane&) = delete;
  SignatureLane& operator=(const SignatureLane&) = delete;

  // False: the queue is full, or the lane is being closed; `work` will not be called.
  bool offer(verify::SteadyTime deadline, Work work);
  // False: nothing waits.
  bool run_one();
  // Nothing more is taken; what waits is told that it is too late, what runs is waited for.
  void close();
  std::size_t waiting() const;

 private:
  struct Waiting {
    verify::SteadyTime deadline;
    Work work;
  };

  void run(const std::stop_token& stop);

  Options options_;
  const verify::Moments& moments_;
  mutable std::mutex mutex_;
  std::condition_variable_any offered_;
  std::deque<Waiting> queue_;
  bool closed_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace signet::party
