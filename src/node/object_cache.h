// ConfigMaps and Secrets read through the API, each at most once a minute however many volumes
// hold it.
//
// Shape    an answer is reused for 60 s; a pod that is new calls refresh() and so never starts with
//          an older one. Missing objects are asked for every time.
// Errors   not_found reads `configmap "NAME" not found`, as kubelets put it into events.
// Limits   what was not asked for during two minutes is forgotten at the next drop_old().
// Threads  one.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "node/api_client.h"
#include "node/projected_volume.h"

namespace signet::node {

class ObjectCache final : public ObjectReader {
 public:
  ObjectCache(ApiClient& api, const Clock& clock) : api_(api), clock_(clock) {}

  Result<codec::Json> config_map(const std::string& space, const std::string& name) override;
  Result<codec::Json> secret(const std::string& space, const std::string& name) override;

  // Answers older than a second are not good enough for this namespace any more.
  void refresh(std::string_view space);
  void drop_old();

 private:
  struct Entry {
    codec::Json object;
    Instant read_at;
  };

  Result<codec::Json> read(std::string_view plural, std::string_view singular,
                           const std::string& space, const std::string& name);

  ApiClient& api_;
  const Clock& clock_;
  std::map<std::string, Entry> entries_;  // by path
};

}  // namespace signet::node
