// The authority: store, view, keys and one set of request handlers a loop, built top to bottom.
//
//   TRY(auto authority, Authority::start(options, clock, random));
//   ... authority->url() ...
//   authority->stop();
//
// Errors   start() says in one sentence what is in the way and what to do.
// Threads  start() and stop() from one thread; it makes one thread a loop and the store's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "server/data_directory.h"
#include "server/options.h"
#include "telemetry/metrics.h"

namespace signet::server {

class Authority {
 public:
  // Ready when it returns: namespaces are furnished, requests are answered.
  static Result<std::unique_ptr<Authority>> start(Options options, Clock& clock, Random& random);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  const std::string& url() const;
  std::uint16_t port() const;
  const std::string& kubeconfig() const;  // the administrator's; a path
  const Pki& pki() const;
  const DataDirectory& directory() const;
  const Options& options() const;
  telemetry::Registry& metrics();

  // Answers what is running, refuses what is new, writes everything down. Once.
  void stop();

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::server
