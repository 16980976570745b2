#include "signer/remote_keys.h"

#include <algorithm>

#include "base/log.h"
#include "base/try.h"
#include "signer/key_answer.h"

namespace signet::signer {

RemoteKeyKeeper::RemoteKeyKeeper(RemoteSigner& remote, const Clock& clock,
                                 telemetry::Registry& metrics)
    : remote_(remote),
      clock_(clock),
      success_timestamp_(
          metrics.gauge("apiserver_externaljwt_fetch_keys_success_timestamp",
                        "When keys were last fetched from the external signer, Unix seconds.")),
      data_timestamp_(metrics.gauge("apiserver_externaljwt_fetch_keys_data_timestamp",
                                    "The signer's own time of its keys, Unix seconds.")) {}

Result<void> RemoteKeyKeeper::fetch(std::chrono::milliseconds limit, Time now) {
  attempted_ = now;
  TRY(auto answer, remote_.fetch_keys(limit));
  TRY(auto keys, to_key_set(answer));
  // Only for a reason: it forgets which signatures were good.
  if (!answer_ || !answer_->same_data(answer)) {
    if (ring_) {
      ring_->replace(std::move(keys));
    } else {
      ring_.emplace(std::move(keys));
    }
    changed_.store(clock_.now().time_since_epoch().count());
  }
  const auto hint = std::min<std::chrono::seconds>(
      std::chrono::seconds{answer.refresh_hint_seconds}, refresh_max);
  due_ = now + hint;
  ring_->set_next_change(clock_.now() + hint);
  success_timestamp_.set(static_cast<double>(unix_seconds(clock_.now())));
  data_timestamp_.set(static_cast<double>(answer.timestamp_seconds));
  answer_ = std::move(answer);
  return {};
}

Result<void> RemoteKeyKeeper::load(std::chrono::milliseconds limit, Time now) {
  return fetch(limit, now);
}

RemoteKeyKeeper::Time RemoteKeyKeeper::attend(Time now) {
  // Before the fetch: who comes during it may have come too late for it.
  auto waiting = take_waiting();
  const bool may_look = now >= attempted_ + look_interval;
  if (now >= due_ || (!waiting.empty() && may_look)) {
    if (const auto fetched = fetch(fetch_limit, now); !fetched) {
      log::warn("keys of the external signer cannot be fetched; the last ones stay in force",
                {{"reason", fetched.error().message}});
      due_ = now + retry_interval;
    }
    wake(std::move(waiting));
    waiting.clear();
  }
  const std::scoped_lock lock(mutex_);
  std::ranges::move(waiting, std::back_inserter(waiting_));
  told_ = !waiting_.empty();
  return told_ ? std::min(due_, attempted_ + look_interval) : due_;
}

void RemoteKeyKeeper::wait_until(Time instant, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  woken_.wait_until(lock, stop, instant,
                    [this] { return stopped_ || (!told_ && !waiting_.empty()); });
}

std::vector<RemoteKeyKeeper::Waiting> RemoteKeyKeeper::take_waiting() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, {});
}

void RemoteKeyKeeper::wake(std::vector<Waiting> waiting) {
  for (auto& one : waiting) one.loop->post(std::move(one.found));
}

void RemoteKeyKeeper::look(Executor& loop, Found found) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_ && waiting_.size() < waiting_max) {
      waiting_.push_back({.loop = &loop, .found = std::move(found)});
      woken_.notify_all();
      return;
    }
  }
  loop.post(std::move(found));
}

void RemoteKeyKeeper::stop() {
  std::vector<Waiting> waiting;
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    waiting = std::exchange(waiting_, {});
    woken_.notify_all();
  }
  wake(std::move(waiting));
}

}  // namespace signet::signer
