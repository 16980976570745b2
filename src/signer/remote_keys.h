// When the keys of an external signer are fetched, and what holds meanwhile.
//
//   RemoteKeyKeeper keeper(remote, ring, clock, metrics);
//   TRY_VOID(keeper.load(std::chrono::seconds{60}));        // the first set
//   keeper.wait_until(keeper.attend(now), stop);            // again and again, on one thread
//   keeper.look(loop, [] { ... });                          // a token names an unknown key
//
// Shape    fetched when the signer's hint says so; after a failure again in 10 s, and the set in
//          force stays. Who looks for a key waits for one fetch that began after he asked; all who
//          wait share it. Such fetches begin at most once a second: a flood of made-up key ids is
//          one request a second to the signer.
// Limits   1,024 who wait; further ones hear at once that there is nothing new.
// Threads  look() and stop() from any; the rest from one, which waits for the signer in it.
// Source   tokens.md 10, "Keys".
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"
#include "identity/key_ring.h"
#include "signer/remote_signer.h"
#include "telemetry/metrics.h"

namespace signet::signer {

class RemoteKeyKeeper {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Found = std::move_only_function<void()>;

  static constexpr std::chrono::seconds retry_interval{10};
  static constexpr std::chrono::seconds look_interval{1};
  static constexpr std::chrono::seconds fetch_limit{10};
  static constexpr std::chrono::days refresh_max{365};
  static constexpr std::size_t waiting_max = 1024;

  RemoteKeyKeeper(RemoteSigner& remote, const Clock& clock, telemetry::Registry& metrics);

  // The first set, within `limit`.
  Result<void> load(std::chrono::milliseconds limit, Time now);
  // After load().
  const identity::KeyRing& ring() const { return *ring_; }
  // When the set in force came.
  Instant changed() const { return Instant(std::chrono::nanoseconds(changed_.load())); }

  // Fetches if it is time or somebody looks. Returns when to call it again.
  Time attend(Time now);
  // Until that instant, somebody who looks, or the stop.
  void wait_until(Time instant, const std::stop_token& stop);

  // `found` is posted to `loop` once keys were looked for.
  void look(Executor& loop, Found found);
  // Nobody waits any longer, now or later.
  void stop();

 private:
  struct Waiting {
    Executor* loop;
    Found found;
  };

  Result<void> fetch(std::chrono::milliseconds limit, Time now);
  std::vector<Waiting> take_waiting();
  static void wake(std::vector<Waiting> waiting);

  RemoteSigner& remote_;
  const Clock& clock_;
  telemetry::Gauge success_timestamp_;
  telemetry::Gauge data_timestamp_;
  std::optional<identity::KeyRing> ring_;

  // load(), attend() and wait_until() only.
  std::optional<RemoteKeys> answer_;
  Time due_{};
  Time attempted_{};

  std::atomic<std::int64_t> changed_{0};  // nanoseconds since 1970

  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::vector<Waiting> waiting_;  // under mutex_
  bool stopped_ = false;          // likewise
  bool told_ = false;             // likewise: attend() knows of who waits
};

}  // namespace signet::signer
