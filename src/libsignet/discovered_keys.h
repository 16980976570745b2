// Keys of one issuer by discovery: the key-set engine with a thread of its own, as one object.
//
//   TRY(auto keys, DiscoveredKeys::create({.issuer = "https://k8s.example"}));
//   if (keys->current() == nullptr) keys->look_for_key_of(token, patience);
//
// Threads  safe from any thread. The last owner must not be a callback of this object: it joins.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/result.h"
#include "net/fetcher.h"
#include "signet/key_source.h"
#include "telemetry/metrics.h"
#include "verify/key_engine.h"
#include "verify/key_registry.h"
#include "verify/key_source.h"

namespace signet {

class DiscoveredKeys final : public verify::KeySource {
 public:
  // invalid: what is wrong with it, a line each.
  static Result<std::shared_ptr<DiscoveredKeys>> create(const Discovery& discovery);

  std::shared_ptr<const verify::KeySnapshot> current() const override;

  // For a token whose claims could be true. Waits for the engine's answer as long as `patience`
  // says, but not beyond 2 s; without patience the fetch begins and its answer is not waited for.
  verify::KeyAnswer look_for_key_of(std::string_view token, std::chrono::milliseconds patience);

  // Why the last fetch failed; empty when it did not, or there was none.
  std::string last_error() const;

  explicit DiscoveredKeys(std::string directory);

 private:
  struct Held {
    std::shared_ptr<const verify::KeySet> keys;
    std::shared_ptr<const verify::KeySnapshot> snapshot;
  };

  std::string issuer_;
  SystemClock clock_;
  SystemRandom random_;
  verify::SteadyMoments moments_{clock_};
  telemetry::Registry metrics_;
  net::CurlFetcher fetcher_;
  // current() tells it that the issuer is in use.
  mutable verify::KeyEngine engine_;
  verify::KeyEngineThread thread_;
  std::shared_ptr<verify::KeySlot> slot_;  // of the one issuer
  mutable Guarded<Held> held_;
};

}  // namespace signet
