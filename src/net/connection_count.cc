#include "net/connection_count.h"

#include "net/address.h"

namespace signet::net {

bool ConnectionCount::enter(std::string_view remote) {
  const auto address = host_of(remote);
  return counts_.with([&](Counts& counts) {
    if (counts.all >= connections_max_) return false;
    auto found = counts.by_address.find(address);
    if (found == counts.by_address.end()) {
      if (per_address_max_ == 0) return false;
      found = counts.by_address.emplace(address, 0).first;
    }
    if (found->second >= per_address_max_) return false;
    ++found->second;
    ++counts.all;
    return true;
  });
}

void ConnectionCount::leave(std::string_view remote) {
  counts_.with([&](Counts& counts) {
    const auto found = counts.by_address.find(host_of(remote));
    if (found == counts.by_address.end()) return;
    --counts.all;
    if (--found->second == 0) counts.by_address.erase(found);
  });
}

}  // namespace signet::net
