// /healthz, /livez, /readyz: is the server well, in the words Kubernetes uses.
//
// Threads  set_ready from any thread; answers on any loop.
// Source   api.md A.1.
#pragma once

#include <atomic>
#include <optional>
#include <string_view>

#include "machinery/request_info.h"
#include "net/http.h"

namespace signet::server {

class Health {
 public:
  void set_ready(bool ready) { ready_ = ready; }

  // nullopt when `path` is none of the three nor below them.
  std::optional<net::Response> answer(std::string_view path, const codec::Query& query) const;

 private:
  std::atomic<bool> ready_{false};
};

}  // namespace signet::server
