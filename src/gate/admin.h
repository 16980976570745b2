// What an operator may ask, on an address of its own: nothing here is for callers or proxies.
//
//   /healthz   200 while the process answers
//   /readyz    200 once checks can be answered, 503 when not yet or no more
//   /metrics   Prometheus' text
//   /status    issuers with the age of their keys, next fetch and last error; routes; who still
//   uses
//              old audiences; what is wrong with the policy's files (JSON)
//
// Threads  immutable; on whichever loop.
#pragma once

#include "net/http.h"
#include "party/relying_party.h"
#include "telemetry/metrics.h"

namespace signet::gate {

class Admin {
 public:
  // Both outlive this object.
  Admin(const party::RelyingParty& party, const telemetry::Registry& metrics)
      : party_(party), metrics_(metrics) {}

  net::Handler handler() const;

 private:
  net::Response answer(const net::Request& request) const;

  const party::RelyingParty& party_;
  const telemetry::Registry& metrics_;
};

}  // namespace signet::gate
