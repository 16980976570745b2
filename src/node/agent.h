// The node agent: runs the pods that are bound to this node and keeps their volumes fresh.
//
//   HttpTransport worker(api), watcher(api);
//   Agent agent({.node_name = "n1", .root_dir = dir + "/node", ...},
//               {clock, random, *runtime, worker, watcher});
//   agent.run(stop);        // until a stop is requested
//
// Shape    two threads: run() does everything that talks to the authority and writes volumes, pod
//          by pod in the order of what is due; another one follows the pods. Processes are the
//          runtime's. Nothing waits for one pod: what takes long is looked at again later.
// Errors   none end it: an authority that is away is tried again for ever.
// I/O      ROOT/pods (0700), ROOT/logs (0700); at start and every minute directories of pods that
//          are gone are removed.
// Threads  run() once; the stop token from any thread. `worker` and `watcher` are two transports
//          because each serves one thread at a time.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "node/api_client.h"
#include "node/container_spec.h"
#include "node/runtime.h"

namespace signet::node {

class Agent {
 public:
  struct Options {
    std::string node_name;
    std::string root_dir;               // DIR/node, absolute
    std::string host_ip = "127.0.0.1";  // of the node and, as they share its network, its pods
    ServiceEndpoint endpoint;           // where processes reach the authority
    std::string version = "v0.0.0";     // of this program, in the node's status
    int pods_max = 10000;
  };

  struct Collaborators {
    Clock& clock;
    Random& random;  // used by run()'s thread only
    PodRuntime& runtime;
    ApiTransport& worker;
    ApiTransport& watcher;
  };

  Agent(Options options, Collaborators with) : options_(std::move(options)), with_(with) {}

  void run(const std::stop_token& stop);

 private:
  Options options_;
  Collaborators with_;
};

}  // namespace signet::node
