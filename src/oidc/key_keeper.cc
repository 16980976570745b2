#include "oidc/key_keeper.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "net/client.h"

namespace signet::oidc {
namespace {

// The document may be kept elsewhere; what it says is still compared with the issuer's own name.
verify::Fetch from_elsewhere(const std::string& issuer, std::string discovery_url,
                             verify::Fetch fetch) {
  const auto usual = verify::discovery_url(issuer);
  if (discovery_url.empty() || !usual) return fetch;
  return [usual = *usual, elsewhere = std::move(discovery_url), fetch = std::move(fetch)](
             const std::string& url, std::size_t bytes_max) {
    return fetch(url == usual ? elsewhere : url, bytes_max);
  };
}

std::chrono::seconds retry_after(std::size_t failures) {
  auto wait = KeyKeeper::retry_first;
  for (std::size_t i = 1; i < failures && wait < KeyKeeper::retry_last; ++i) wait *= 2;
  return std::min(wait, KeyKeeper::retry_last);
}

}  // namespace

KeyKeeper::KeyKeeper(std::string issuer, std::string discovery_url, verify::Fetch fetch)
    : issuer_(std::move(issuer)),
      fetch_(from_elsewhere(issuer_, std::move(discovery_url), std::move(fetch))) {}

std::shared_ptr<const verify::KeySnapshot> KeyKeeper::current() const {
  return keys_.with([](const auto& keys) { return keys; });
}

void KeyKeeper::miss() {
  if (missed_.exchange(true)) return;
  // Under the lock, so that whoever is about to wait sees it.
  const std::scoped_lock lock(mutex_);
  woken_.notify_all();
}

bool KeyKeeper::load() {
  auto loaded = verify::load_keys(issuer_, fetch_);
  if (!loaded) {
    log::warn("keys of an issuer cannot be fetched",
              {{"issuer", issuer_}, {"reason", loaded.error().message}});
    return false;
  }
  auto keys = std::move(loaded->jwks.keys);
  // The document can only narrow what a key may be used for.
  std::erase_if(keys, [&](const jose::VerificationKey& key) {
    const auto& said = loaded->discovery.algorithms;
    return std::ranges::find(said, key.algorithm) == said.end();
  });
  log::info("keys of an issuer fetched",
            {{"issuer", issuer_}, {"keys", std::to_string(keys.size())}});
  auto snapshot =
      std::make_shared<const verify::KeySnapshot>(verify::KeySnapshot{.keys = std::move(keys)});
  keys_.with([&](auto& held) { held = std::move(snapshot); });
  return true;
}

KeyKeeper::Time KeyKeeper::attend(Time now) {
  const bool may_look_again = now >= attempted_ + miss_interval;
  if (now >= due_ || (may_look_again && missed_.load())) {
    // Before the fetch: what misses during it may have come too late for it.
    missed_.store(false);
    attempted_ = now;
    failures_ = load() ? 0 : failures_ + 1;
    due_ = now + (failures_ == 0 ? refresh_interval : retry_after(failures_));
  }
  knows_of_miss_ = missed_.load();
  return knows_of_miss_ ? std::min(due_, attempted_ + miss_interval) : due_;
}

void KeyKeeper::wait_until(Time instant, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  woken_.wait_until(lock, stop, instant, [this] { return !knows_of_miss_ && missed_.load(); });
}

verify::Fetch https_fetch(std::string ca_pem, std::stop_token stop) {
  return [ca_pem = std::move(ca_pem), stop = std::move(stop)](
             const std::string& url, std::size_t bytes_max) -> Result<std::string> {
    net::HttpClient client({.ca_pem = ca_pem,
                            .connect_timeout = std::chrono::milliseconds{5000},
                            .timeout = std::chrono::milliseconds{10'000},
                            .body_bytes_max = bytes_max});
    TRY(auto reply,
        client.send({.method = "GET",
                     .url = url,
                     .headers = {{"accept", "application/json, application/jwk-set+json"}}},
                    stop));
    if (reply.status != 200) {
      return fail(ErrorKind::unavailable, cat(url, ": answered with status ", reply.status));
    }
    return std::move(reply.body);
  };
}

}  // namespace signet::oidc
