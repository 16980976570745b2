// Tells people at a pod what went wrong with it: Event objects. An event that repeats is counted,
// not repeated.
//
// Errors   an event that cannot be stored is logged and forgotten.
// Limits   remembers the last 1,000 events for counting.
// Threads  one.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "codec/json.h"
#include "node/api_client.h"

namespace signet::node {

class EventRecorder {
 public:
  EventRecorder(ApiClient& api, const Clock& clock, std::string node_name)
      : api_(api), clock_(clock), node_name_(std::move(node_name)) {}

  void warn(const codec::Json& pod, std::string_view reason, std::string_view message);

 private:
  struct Known {
    std::string name;
    std::int64_t count = 1;
  };

  void create(const codec::Json& pod, std::string_view reason, std::string_view message,
              const std::string& key);

  ApiClient& api_;
  const Clock& clock_;
  std::string node_name_;
  std::map<std::string, Known> known_;
  std::deque<std::string> order_;
};

}  // namespace signet::node
