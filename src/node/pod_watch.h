// Follows the pods of one node: list, then watch, and list again whenever the watch cannot go on.
//
//   PodWatch(transport, "n1", sink).run(stop);
//
// Shape    lists in pages of 500; a watch goes on from the last resourceVersion, bookmarks
//          included. 410, an ERROR event or a broken event means listing again.
// Errors   logged; tried again after 100 ms, doubling to 10 s.
// Threads  run() blocks its thread and calls the sink on it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "codec/json.h"
#include "node/api_client.h"

namespace signet::node {

class PodSink {
 public:
  virtual ~PodSink() = default;
  // All pods there are.
  virtual void replace(std::vector<codec::Json> pods) = 0;
  virtual void upsert(codec::Json pod) = 0;
  virtual void gone(const std::string& uid) = 0;
};

class PodWatch {
 public:
  PodWatch(ApiTransport& transport, const std::string& node_name, PodSink& sink);

  void run(const std::stop_token& stop);

 private:
  Result<void> list(ApiClient& api);
  Result<void> follow(ApiClient& api);
  bool take(codec::Json event);
  void pause(const std::stop_token& stop);

  ApiTransport& transport_;
  std::string selector_;
  PodSink& sink_;
  std::string version_;  // empty: to be listed
  std::chrono::milliseconds backoff_{0};
  std::mutex mutex_;
  std::condition_variable_any waiter_;
};

}  // namespace signet::node
