// Makes the Node object exist and keeps its status fresh, so that the authority knows the node is
// there.
//
// Shape    POST, or take what is there; status is looked at every 10 s and patched when it changed
//          or 5 min have passed; a Lease is renewed every 10 s where the authority serves leases.
// Errors   logged, tried again at the next turn (1 s while not registered).
// Threads  one.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "codec/json.h"
#include "node/api_client.h"

namespace signet::node {

struct NodeFacts {
  std::string name;
  std::string host_ip;
  std::string version;          // of this program: "v0.1.0"
  std::string runtime_version;  // "signet-sandbox://1"
  int pods_max = 10000;
};

class NodeRegistration {
 public:
  NodeRegistration(ApiClient& api, const Clock& clock, NodeFacts facts);

  // Does what is due; returns when to be called again.
  Instant tick();
  bool registered() const { return !uid_.empty(); }

 private:
  Result<void> register_node();
  Result<void> patch_status(Instant now);
  void renew_lease(Instant now);
  codec::Json status(Instant now) const;

  ApiClient& api_;
  const Clock& clock_;
  NodeFacts facts_;
  std::string path_;
  std::string uid_;
  Instant ready_since_{};
  Instant status_sent_at_{};
  std::optional<bool> serves_leases_;
};

}  // namespace signet::node
