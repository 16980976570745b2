// Keeps the key sets of many issuers fresh, so that whoever verifies never waits for a network it
// need not wait for, and no issuer can harm another's callers.
//
//   KeyEngine engine({}, fetcher, moments, random, metrics);
//   TRY_VOID(engine.configure(sources));              // all of them or nothing
//   KeyEngineThread thread(engine);                   // or step() by hand, as tests do
//   KeyReader keys(engine.board());                   // one a thread: key_lookup.h
//   if (keys.find(iss, kid, alg).answer != KeyAnswer::keys) {
//     engine.wait_for({.issuer = iss, .kid = kid, .algorithm = alg, .issued_at = iat},
//                     [](KeyAnswer answer) { ... });  // then find() again
//   }
//
// Shape    a set is fetched ahead of its soft TTL, kept past it while the issuer cannot be reached,
//          and not used past its hard TTL. An unknown key may cause one fetch in
//          IssuerSource::kid_miss_interval. One fetch an issuer at a time, detached from callers.
//          A key set that several issuers take from one `jwks_uri` in the same way is fetched once,
//          by the strictest of their rules.
// Errors   configure(): every wrong source; the previous configuration stays in force.
// Limits   KeyEngineOptions and fetch_budget.h; 100,000 issuers.
// Threads  everything from any thread; so must be the Random. wait_for() calls back exactly once:
//          on the engine's or the fetcher's thread, or before it returns.
// Source   verify.md B.15.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "jose/algorithm.h"
#include "net/fetcher.h"
#include "telemetry/metrics.h"
#include "verify/issuer_source.h"
#include "verify/issuer_status.h"
#include "verify/key_board.h"
#include "verify/key_lookup.h"
#include "verify/moment.h"

namespace signet::verify {

struct KeyEngineOptions {
  // Where last-good sets are kept (key_store.h); empty: nowhere.
  std::string directory;
};

struct KeyQuestion {
  std::string_view issuer;
  std::string_view kid;  // empty: a token without one; then only a first load is waited for
  jose::Algorithm algorithm = jose::Algorithm::rs256;
  // `iat` of the token, unverified: a key must be published before it signs, so an old token with
  // an unknown key causes no fetch.
  std::optional<UnixTime> issued_at;
  // How long the caller would wait at most; 2 s (first load) and 250 ms (unknown key) bound it.
  std::chrono::milliseconds patience{2000};
  // What is said when a fetch for an unknown key takes longer than that.
  KeyAnswer when_late = KeyAnswer::unknown_key;
};

class KeyEngine {
 public:
  using Answered = std::move_only_function<void(KeyAnswer)>;
  using WaitId = std::uint64_t;  // 0: answered already

  KeyEngine(KeyEngineOptions options, net::Fetcher& fetcher, const Moments& moments, Random& random,
            telemetry::Registry& metrics);
  // The fetcher must outlive the engine; what it still fetches for the engine is cancelled.
  ~KeyEngine();
  KeyEngine(const KeyEngine&) = delete;
  KeyEngine& operator=(const KeyEngine&) = delete;

  // Replaces all issuers at once. Keys of an issuer whose source is unchanged stay; those of one
  // that is gone are unusable when this returns. Persisted sets are read at the first call.
  Result<void, std::vector<std::string>> configure(std::vector<IssuerSource> sources);

  // For KeyReader.
  KeyBoard& board();

  // For a token whose key find() did not give, and whose claims could be true (check those first:
  // junk must not spend the budget).
  WaitId wait_for(const KeyQuestion& question, Answered answered);
  // The callback is dropped unless it was or is being called. The fetch goes on.
  void cancel(WaitId id);

  std::vector<IssuerStatus> status() const;
  std::optional<IssuerStatus> status(std::string_view issuer) const;

  // Does what is due; returns when to call it again. A nudge (below) may make it earlier.
  SteadyTime step();
  // Called, from any thread, when step() became due earlier. It must not call the engine; once
  // replaced, it is not running any more.
  void on_nudge(std::function<void()> nudge);
  // Writes what changed since the last time. Blocks on the disk.
  Result<void> persist();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Steps an engine on one thread and persists it every 60 s, and at the end, on another.
class KeyEngineThread {
 public:
  static constexpr std::chrono::seconds persist_interval{60};

  explicit KeyEngineThread(KeyEngine& engine);
  ~KeyEngineThread();
  KeyEngineThread(const KeyEngineThread&) = delete;
  KeyEngineThread& operator=(const KeyEngineThread&) = delete;

 private:
  void run(const std::stop_token& stop);
  void keep(const std::stop_token& stop);

  KeyEngine& engine_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool nudged_ = false;
  std::jthread stepper_;
  std::jthread keeper_;
};

}  // namespace signet::verify
