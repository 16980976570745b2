// The authority's own keys at work: a thread that turns the pages of the book (key_store.h) by the
// clock, does what a person asks, and writes down what keys promise.
//
//   TRY(auto keys, DirectoryKeys::open(std::make_unique<DiskKeyDirectory>(path), {}, clock,
//   metrics)); KeyRingSigner signer(keys->ring(), loop);
//
// Shape    every change is on disk before it is in force. A new key signs `publish_period` after it
//          was published, or when it is old enough if `rotation_period` says that keys grow old.
// Errors   open(): a period that cannot be, or what KeyStore says.
// Limits   publish_period_min: what relying parties may keep of our key set, and a minute for
//          answers on their way. One rotation at a time, so keys sign for at least two such
//          periods. No period is longer than period_max.
// Threads  one of its own, and one for as long as a key is being made.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "identity/discovery_documents.h"
#include "identity/key_manager.h"
#include "identity/key_store.h"
#include "identity/key_use.h"
#include "telemetry/metrics.h"

namespace signet::identity {

inline constexpr std::chrono::seconds publish_period_min =
    key_set_max_age + std::chrono::minutes{1};
// A relying party that misses one refresh has the key all the same.
inline constexpr std::chrono::seconds publish_period_default = 2 * key_set_max_age;
// A century: an end of it can be written and read, and is an Instant.
inline constexpr std::chrono::seconds period_max = std::chrono::days{36525};

class DirectoryKeys final : public KeyManager, private LifetimePromises {
 public:
  struct Options {
    crypto::NewKey first = crypto::NewKey::rsa2048;
    std::chrono::seconds publish_period = publish_period_default;
    // How long a key signs before the next one does. None: until somebody rotates.
    std::optional<std::chrono::seconds> rotation_period;
  };

  // In the words of the flags.
  static Result<void> check(const Options& options);
  static Result<std::unique_ptr<DirectoryKeys>> open(std::unique_ptr<KeyDirectory> directory,
                                                     Options options, Clock& clock,
                                                     telemetry::Registry& metrics);
  ~DirectoryKeys() override;

  const KeyRing& ring() const override { return *ring_; }
  Callback<Result<KeyList>> list(Executor& loop) override;
  Callback<Result<KeyList>> rotate(Rotation rotation, Executor& loop) override;
  Callback<Result<KeyList>> retire(std::string kid, bool at_once, Executor& loop) override;
  void stop() override;

 private:
  using Job = std::move_only_function<void()>;
  using Reply = Callback<Result<KeyList>>::Complete;

  DirectoryKeys(std::unique_ptr<KeyStore> store, Options options, Clock& clock,
                telemetry::Registry& metrics);

  void promise(const std::string& kid, std::chrono::seconds lifetime, Executor& loop,
               Complete complete) override;

  // False: it has stopped, and the job is not done.
  bool enqueue(Job job);
  Callback<Result<KeyList>> ask(Executor& loop, std::move_only_function<void(Reply)> work);
  void run();

  // The rest on the thread.
  UnixTime now() const { return whole_seconds(clock_.now()); }
  void attend();
  std::optional<UnixTime> next_attention() const;
  std::optional<UnixTime> next_rotation() const;
  void begin_rotation(Rotation rotation, Reply reply);
  Result<void> publish(const crypto::PrivateKey& key, const Rotation& rotation);
  Result<void> switch_over();
  void put_in_force();
  void show_metrics();
  Result<KeyList> key_list() const;
  crypto::NewKey kind_of_signing_key() const;

  std::unique_ptr<KeyStore> store_;
  Options options_;
  Clock& clock_;
  std::shared_ptr<KeyUse> use_;  // of the key that signs
  std::unique_ptr<KeyRing> ring_;
  bool making_ = false;  // a key, on maker_
  bool failed_ = false;  // something could not be written: it is tried again in a while

  telemetry::Counter failures_;
  telemetry::Gauge next_change_;
  std::vector<telemetry::Gauge> by_state_;

  std::mutex mutex_;  // of the next three
  std::condition_variable changed_;
  std::vector<Job> jobs_;
  bool stopping_ = false;

  Clock::Subscription jumps_;
  std::jthread maker_;
  std::thread thread_;
};

}  // namespace signet::identity
