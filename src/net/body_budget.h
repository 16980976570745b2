// What the bodies of all requests together may hold in memory, so that a thousand clients with the
// largest body allowed do not hold a thousand times as much.
//
//   BodyHold hold(budget);
//   if (!hold.cover(request.body.size())) refuse(429);   // whenever it has grown
//
// Shape    only bodies beyond `free_bytes` count, in steps of as much: the bodies of nodes and
//          reviews are smaller, so they touch nothing shared and are never refused for what others
//          sent.
// Threads  a budget from any thread, a hold on one.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace signet::net {

class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool take(std::size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= bytes_max_) return true;
    give(bytes);
    return false;
  }
  void give(std::size_t bytes) { used_.fetch_sub(bytes); }
  std::size_t used() const { return used_.load(); }

 private:
  std::size_t bytes_max_;
  std::atomic<std::size_t> used_ = 0;
};

class BodyHold {
 public:
  static constexpr std::size_t free_bytes = std::size_t{16} * 1024;

  explicit BodyHold(BodyBudget& budget) : budget_(&budget) {}
  BodyHold(BodyHold&& other) noexcept
      : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}
  BodyHold& operator=(BodyHold&&) = delete;
  BodyHold(const BodyHold&) = delete;
  BodyHold& operator=(const BodyHold&) = delete;
  ~BodyHold() { release(); }

  // False: the budget is used up; what is held already stays so.
  bool cover(std::size_t bytes) {
    while (bytes > free_bytes + held_) {
      if (!budget_->take(free_bytes)) return false;
      held_ += free_bytes;
    }
    return true;
  }
  void release() {
    if (held_ != 0) budget_->give(std::exchange(held_, 0));
  }

 private:
  BodyBudget* budget_;
  std::size_t held_ = 0;
};

}  // namespace signet::net
