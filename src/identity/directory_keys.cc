#include "identity/directory_keys.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "identity/key_status.h"

namespace signet::identity {
namespace {

// The wall clock may be set without anybody being told: a wait is never longer than this.
constexpr std::chrono::seconds look_again{10};
constexpr std::chrono::seconds after_failure{60};

std::unexpected<Error> stopped() {
  return fail(ErrorKind::unavailable, "the server is stopping");
}

std::chrono::seconds longest_of(const KeyRecord& key) {
  return key.signed_endless ? endless : key.longest;
}

}  // namespace

Result<void> DirectoryKeys::check(const Options& options) {
  if (options.publish_period < publish_period_min) {
    return fail(ErrorKind::invalid,
                cat("--key-publish-period must be at least ", publish_period_min.count(),
                    " seconds: relying parties may keep keys for ", key_set_max_age.count(),
                    ", and an answer may be a minute on its way"));
  }
  if (options.rotation_period && *options.rotation_period < 2 * options.publish_period) {
    return fail(ErrorKind::invalid,
                cat("--key-rotation-period must be at least twice --key-publish-period, ",
                    2 * options.publish_period.count(), " seconds"));
  }
  for (const auto& [flag, period] :
       {std::pair("--key-publish-period", options.publish_period),
        {"--key-rotation-period", options.rotation_period.value_or(std::chrono::seconds{0})}}) {
    if (period <= period_max) continue;
    return fail(ErrorKind::invalid, cat(flag, " must be at most ", period_max.count(), " seconds"));
  }
  return {};
}

Result<std::unique_ptr<DirectoryKeys>> DirectoryKeys::open(std::unique_ptr<KeyDirectory> directory,
                                                           Options options, Clock& clock,
                                                           telemetry::Registry& metrics) {
  TRY_VOID(check(options));
  TRY(auto store, KeyStore::open(std::move(directory), options.first, whole_seconds(clock.now())));
  std::unique_ptr<DirectoryKeys> keys(new DirectoryKeys(std::move(store), options, clock, metrics));
  keys->attend();
  keys->jumps_ = clock.on_jump([held = keys.get()] { held->enqueue([] {}); });
  keys->thread_ = std::thread([held = keys.get()] { held->run(); });
  return keys;
}

DirectoryKeys::DirectoryKeys(std::unique_ptr<KeyStore> store, Options options, Clock& clock,
                             telemetry::Registry& metrics)
    : store_(std::move(store)),
      options_(options),
      clock_(clock),
      failures_(metrics.counter("signet_signing_key_failures_total",
                                "Changes of the signing keys that could not be written.")),
      next_change_(
          metrics.gauge("signet_signing_keys_next_change_timestamp_seconds",
                        "When a signing key changes its state next by itself; 0: never.")) {
  for (const auto state : {KeyState::published, KeyState::signing, KeyState::retiring}) {
    by_state_.push_back(metrics.gauge("signet_signing_keys", "Signing keys by their state.",
                                      {{"state", to_string(state)}}));
  }
  put_in_force();
}

DirectoryKeys::~DirectoryKeys() {
  stop();
}

void DirectoryKeys::stop() {
  jumps_.reset();
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  if (maker_.joinable()) maker_.join();
}

bool DirectoryKeys::enqueue(Job job) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void DirectoryKeys::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto due = [this] { return stopping_ || !jobs_.empty(); };
    if (failed_) {
      changed_.wait_for(lock, after_failure, due);
    } else if (const auto next = next_attention()) {
      changed_.wait_for(lock,
                        std::clamp<std::chrono::nanoseconds>(
                            *next - clock_.now(), std::chrono::milliseconds{1}, look_again),
                        due);
    } else {
      changed_.wait(lock, due);
    }
    auto jobs = std::exchange(jobs_, {});
    const bool stop = stopping_;
    lock.unlock();
    // First, so that whoever asks sees what the clock says.
    if (!stop) attend();
    for (auto& job : jobs) job();
    if (stop) return;
    lock.lock();
  }
}

Callback<Result<KeyList>> DirectoryKeys::ask(Executor& loop,
                                             std::move_only_function<void(Reply)> work) {
  return Callback<Result<KeyList>>([this, &loop, work = std::move(work)](Reply complete) mutable {
    Reply reply = [&loop, complete = std::move(complete)](Result<KeyList> list) mutable {
      loop.post([complete = std::move(complete), list = std::move(list)]() mutable {
        complete(std::move(list));
      });
    };
    // Shared, because a job that is refused has taken what it was made with.
    auto held = std::make_shared<Reply>(std::move(reply));
    const bool taken =
        enqueue([held, work = std::move(work)]() mutable { work(std::move(*held)); });
    if (!taken) (*held)(stopped());
  });
}

Callback<Result<KeyList>> DirectoryKeys::list(Executor& loop) {
  return ask(loop, [this](Reply reply) { reply(key_list()); });
}

Callback<Result<KeyList>> DirectoryKeys::rotate(Rotation rotation, Executor& loop) {
  return ask(loop, [this, rotation](Reply reply) { begin_rotation(rotation, std::move(reply)); });
}

Callback<Result<KeyList>> DirectoryKeys::retire(std::string kid, bool at_once, Executor& loop) {
  return ask(loop, [this, kid = std::move(kid), at_once](Reply reply) {
    if (auto retired = store_->retire(kid, at_once, now()); !retired) {
      return reply(std::unexpected(retired.error()));
    }
    put_in_force();
    log::info("a signing key was retired", {{"kid", kid}});
    reply(key_list());
  });
}

void DirectoryKeys::promise(const std::string& kid, std::chrono::seconds lifetime, Executor& loop,
                            Complete complete) {
  auto held = std::make_shared<Complete>(std::move(complete));
  const auto answer = [held, &loop](Result<void> done) {
    loop.post([held, done = std::move(done)]() mutable { (*held)(std::move(done)); });
  };
  const bool taken = enqueue([this, kid, lifetime, answer] {
    auto written = store_->promise(kid, lifetime);
    if (!written) {
      failures_.add();
      log::error("what a signing key promises cannot be written",
                 {{"reason", written.error().message}});
    } else if (const auto& key = *store_->book().signing(); key.kid == kid) {
      use_->set_longest(longest_of(key));
    }
    answer(std::move(written));
  });
  if (!taken) answer(stopped());
}

void DirectoryKeys::begin_rotation(Rotation rotation, Reply reply) {
  const auto& book = store_->book();
  if (rotation.at_once && book.published() != nullptr && !rotation.replace && !rotation.new_key) {
    if (auto switched = switch_over(); !switched) return reply(std::unexpected(switched.error()));
    return reply(key_list());
  }
  if (making_) return reply(fail(ErrorKind::conflict, "another rotation is making its key"));
  if (auto may = book.may_publish(rotation.replace); !may) {
    return reply(std::unexpected(may.error()));
  }
  making_ = true;
  // A large RSA key takes seconds, in which tokens must not wait for their promise to be written.
  const auto kind = rotation.new_key.value_or(kind_of_signing_key());
  if (maker_.joinable()) maker_.join();
  maker_ = std::jthread([this, kind, rotation, reply = std::move(reply)]() mutable {
    auto held = std::make_shared<Reply>(std::move(reply));
    const bool taken = enqueue([this, rotation, held, made = make_signing_key(kind)] {
      making_ = false;
      auto done = made ? publish(*made, rotation) : Result<void>(std::unexpected(made.error()));
      (*held)(done ? key_list() : std::unexpected(done.error()));
    });
    if (!taken) (*held)(stopped());
  });
}

Result<void> DirectoryKeys::publish(const crypto::PrivateKey& key, const Rotation& rotation) {
  const auto signs_from =
      now() + (rotation.at_once ? std::chrono::seconds{0} : options_.publish_period);
  TRY_VOID(store_->publish(key, now(), signs_from, rotation.replace));
  put_in_force();
  log::info("a new signing key is published", {{"kid", store_->book().published()->kid},
                                               {"signs from", codec::to_rfc3339(signs_from)}});
  return rotation.at_once ? switch_over() : Result<void>();
}

Result<void> DirectoryKeys::switch_over() {
  TRY_VOID(store_->switch_over(now()));
  put_in_force();
  log::info("another key signs", {{"kid", store_->book().signing()->kid}});
  // Only now is it certain that the old key signs no more: every loop looks at the ring before it
  // signs, and a token's time was read before that. Whole seconds are rounded up.
  if (auto noted = store_->note_stopped(now() + std::chrono::seconds{1}); !noted) {
    failed_ = true;
    log::warn("it is not written when a key stopped", {{"reason", noted.error().message}});
  }
  show_metrics();
  return {};
}

void DirectoryKeys::attend() {
  failed_ = false;
  const auto report = [this](const Result<void>& done) {
    if (done) return;
    failed_ = true;
    failures_.add();
    log::error("a change of the signing keys cannot be made", {{"reason", done.error().message}});
  };
  const auto time = now();
  if (const auto* next = store_->book().published(); next != nullptr && next->signs_from <= time) {
    report(switch_over());
  } else {
    // Nothing, unless it could not be written when the key stopped.
    report(store_->note_stopped(time + std::chrono::seconds{1}));
    show_metrics();
  }
  const auto before = store_->book().keys();
  report(store_->expire(time));
  if (store_->book().keys() != before) put_in_force();
  if (const auto due = next_rotation(); due && *due <= time) {
    begin_rotation({}, [report](Result<KeyList> list) {
      report(list ? Result<void>() : std::unexpected(list.error()));
    });
  }
}

std::optional<UnixTime> DirectoryKeys::next_rotation() const {
  if (!options_.rotation_period || store_->book().published() != nullptr || making_) {
    return std::nullopt;
  }
  return store_->book().signing()->since + *options_.rotation_period - options_.publish_period;
}

std::optional<UnixTime> DirectoryKeys::next_attention() const {
  const auto change = store_->book().next_change();
  const auto rotation = next_rotation();
  if (!change || !rotation) return change ? change : rotation;
  return std::min(*change, *rotation);
}

void DirectoryKeys::put_in_force() {
  const auto& key = *store_->book().signing();
  use_ = std::make_shared<KeyUse>(key.kid, longest_of(key), static_cast<LifetimePromises&>(*this));
  auto keys = make_key_set(store_->signing_key(), store_->verification(), use_);
  if (ring_ == nullptr) {
    ring_ = std::make_unique<KeyRing>(std::move(keys));
  } else {
    ring_->replace(std::move(keys));
  }
  show_metrics();
}

void DirectoryKeys::show_metrics() {
  for (std::size_t state = 0; state < by_state_.size(); ++state) {
    by_state_[state].set(static_cast<double>(std::ranges::count(
        store_->book().keys(), static_cast<KeyState>(state), &KeyRecord::state)));
  }
  const auto next = next_attention();
  next_change_.set(next ? static_cast<double>(next->time_since_epoch().count()) : 0);
}

Result<KeyList> DirectoryKeys::key_list() const {
  KeyList list;
  for (const auto& key : store_->book().keys()) list.push_back(status_of(key));
  return list;
}

crypto::NewKey DirectoryKeys::kind_of_signing_key() const {
  const auto& key = store_->signing_key().public_key();
  switch (key.type()) {
    case crypto::KeyType::p256:
      return crypto::NewKey::p256;
    case crypto::KeyType::p384:
      return crypto::NewKey::p384;
    case crypto::KeyType::p521:
      return crypto::NewKey::p521;
    case crypto::KeyType::ed25519:  // verified only, never ours
    case crypto::KeyType::rsa:
      break;
  }
  const auto bits = 8 * key.signature_bytes();
  if (bits <= 2048) return crypto::NewKey::rsa2048;
  return bits <= 3072 ? crypto::NewKey::rsa3072 : crypto::NewKey::rsa4096;
}

}  // namespace signet::identity
