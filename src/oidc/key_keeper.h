// One issuer's keys: when they are fetched, and what holds meanwhile.
//
//   KeyKeeper keeper(issuer.url, issuer.discovery_url, fetch);
//   keeper.attend(now);                   // fetches if it is time; says when it will be
//   if (!keeper.current()) refuse();      // there never were any
//   keeper.miss();                        // a token names a key that is not there
//
// Shape    fetched at once, then every 10 minutes; after a failure again in 1, 2, 4 ... 60 s. A key
//          that a token names and the set has not is looked for at once, but not within 10 s of
//          the last fetch: a flood of such tokens makes one request in 10 s. A set that cannot be
//          fetched anew stays in force. Not the key engine of verify/: that asks only the hosts,
//          ports and addresses that an operator named, and an AuthenticationConfiguration names
//          none. As in Kubernetes, keys are wherever the issuer's document says.
// Threads  current() and miss() from any; attend() from one, which waits for the network in it.
// Source   verify.md B.3, B.15.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "verify/discovery.h"
#include "verify/key_source.h"

namespace signet::oidc {

class KeyKeeper final : public verify::KeySource {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds refresh_interval{600};
  static constexpr std::chrono::seconds miss_interval{10};
  static constexpr std::chrono::seconds retry_first{1};
  static constexpr std::chrono::seconds retry_last{60};

  // `discovery_url` empty: as the issuer's URL says.
  KeyKeeper(std::string issuer, std::string discovery_url, verify::Fetch fetch);

  std::shared_ptr<const verify::KeySnapshot> current() const override;
  void miss();

  // Returns the instant at which to call it again, unless a miss comes before.
  Time attend(Time now);
  // Until that instant, a miss that attend() did not know of, or the stop.
  void wait_until(Time instant, const std::stop_token& stop);

 private:
  bool load();

  std::string issuer_;
  verify::Fetch fetch_;
  Guarded<std::shared_ptr<const verify::KeySnapshot>> keys_;
  std::atomic<bool> missed_ = false;

  // attend() and wait_until() only.
  Time due_{};  // long ago
  Time attempted_{};
  std::size_t failures_ = 0;
  bool knows_of_miss_ = false;  // the instant that attend() gave back is for it

  std::mutex mutex_;
  std::condition_variable_any woken_;
};

// What a keeper fetches with: HTTPS, trusting `ca_pem` (empty: what the system trusts), 10 s an
// exchange, no redirects.
verify::Fetch https_fetch(std::string ca_pem, std::stop_token stop);

}  // namespace signet::oidc
