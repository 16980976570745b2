// A signer that answers as a test says, and a loop that a test turns. Only for tests of this
// folder.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "codec/base64.h"
#include "crypto/key.h"
#include "signer/remote_signer.h"

namespace signet::signer::fixture {

// Keys are slow to make.
inline const crypto::PrivateKey& test_key(std::size_t index = 0) {
  static const std::vector<crypto::PrivateKey> keys = [] {
    std::vector<crypto::PrivateKey> made;
    made.reserve(3);
    for (int i = 0; i < 3; ++i) made.push_back(*crypto::PrivateKey::generate(crypto::NewKey::p256));
    return made;
  }();
  return keys[index];
}

inline RemoteKey remote_key(std::string id, std::size_t index = 0, bool unpublished = false) {
  return {.id = std::move(id),
          .spki = test_key(index).public_key().spki_der(),
          .unpublished = unpublished};
}

inline RemoteKeys remote_keys(std::vector<RemoteKey> keys, std::int64_t hint = 60) {
  return {.keys = std::move(keys),
          .timestamp_seconds = 1'700'000'000,
          .timestamp_nanos = 0,
          .has_timestamp = true,
          .refresh_hint_seconds = hint};
}

inline std::string encoded(std::string_view text) {
  return codec::base64url_encode(text);
}

class FakeSigner final : public RemoteSigner {
 public:
  Result<RemoteKeys> fetch_keys(Milliseconds) override {
    ++fetches;
    return keys;
  }
  Result<std::chrono::seconds> longest_lifetime(Milliseconds) override { return longest; }
  void sign(std::string claims, Milliseconds, OnSigned done) override {
    asked.push_back(std::move(claims));
    waiting.push_back(std::move(done));
  }
  void stop() override { stopped = true; }

  void answer(Result<RemoteSignature> answer) {
    auto done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(answer));
  }

  Result<RemoteKeys> keys = remote_keys({remote_key("a")});
  Result<std::chrono::seconds> longest = std::chrono::seconds{7200};
  int fetches = 0;
  bool stopped = false;
  std::vector<std::string> asked;
  std::deque<OnSigned> waiting;
};

class Turned final : public Executor {
 public:
  void post(std::move_only_function<void()> work) override {
    const std::scoped_lock lock(mutex_);
    work_.push_back(std::move(work));
  }
  // Everything that was posted, and what that posts.
  void turn() {
    while (auto work = next()) (*work)();
  }

 private:
  std::optional<std::move_only_function<void()>> next() {
    const std::scoped_lock lock(mutex_);
    if (work_.empty()) return std::nullopt;
    auto work = std::move(work_.front());
    work_.pop_front();
    return work;
  }
  std::mutex mutex_;
  std::deque<std::move_only_function<void()>> work_;
};

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = "/tmp/signet-signer-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "cannot make " << pattern;
    path_ = pattern;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() { std::filesystem::remove_all(path_); }

  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace signet::signer::fixture
