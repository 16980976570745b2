// How many connections a server has, and how many of them come from one address.
//
// Threads  any.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/guarded.h"

namespace signet::net {

class ConnectionCount {
 public:
  ConnectionCount(std::size_t connections_max, std::size_t connections_per_address_max)
      : connections_max_(connections_max), per_address_max_(connections_per_address_max) {}

  // `remote` with its port, which does not count. False: there are as many as may be.
  bool enter(std::string_view remote);
  // Once for every enter() that was true.
  void leave(std::string_view remote);

 private:
  struct Counts {
    std::size_t all = 0;
    std::map<std::string, std::size_t, std::less<>> by_address;
  };

  std::size_t connections_max_;
  std::size_t per_address_max_;
  Guarded<Counts> counts_;
};

}  // namespace signet::net
