// Secrets of legacy tokens whose last use is to be written down, on the way from the loops that
// see the use to the one that writes.
//
//   last_uses.add("shop/web-token");                     // on any loop; nothing waits
//   for (auto& secret : last_uses.take()) queue.add(std::move(secret));
//
// Shape    a secret waits once, however often it is used meanwhile.
// Limits   `waiting_max` secrets. What is one too many is forgotten and comes with its next use:
//          its label is still as old as it was.
// Threads  safe from any thread. `wake` is called under the lock, so it may only post.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"

namespace signet::identity {

class LastUses {
 public:
  static constexpr std::size_t waiting_max = 1024;

  // `secret` is "namespace/name".
  void add(std::string secret);
  std::vector<std::string> take();

  // `wake` is called when something waits where nothing did. Empty: nobody listens any more.
  void on_waiting(std::function<void()> wake);

 private:
  struct State {
    std::set<std::string> waiting;
    std::function<void()> wake;
  };
  Guarded<State> state_;
};

}  // namespace signet::identity
