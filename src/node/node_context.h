// What the parts of the agent share. Everything outlives them.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "node/api_client.h"
#include "node/container_spec.h"
#include "node/event_recorder.h"
#include "node/object_cache.h"
#include "node/runtime.h"
#include "node/token_manager.h"

namespace signet::node {

struct NodeContext {
  std::string node_name;
  std::string root_dir;
  std::string host_ip;
  ServiceEndpoint endpoint;
  const Clock& clock;
  Random& random;
  ApiClient& api;
  ObjectCache& objects;
  TokenManager& tokens;
  PodRuntime& runtime;
  EventRecorder& events;
};

// Whether `name` can be one component of a path: names and uids become directories.
inline bool is_safe_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && !name.starts_with("..") &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace signet::node
