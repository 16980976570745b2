// Keys, and what keeps them asked from a loop of its own. Only for this folder's tests.
//
//   class FileKeysTest : public fixture::KeyManagerTest<FileKeys> { ... };
//   rotate({.at_once = true});
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "base/temp_directory_for_tests.h"
#include "identity/key_manager.h"
#include "jose/jwk.h"
#include "machinery/api_fixture_for_tests.h"
#include "telemetry/metrics.h"

namespace signet::identity::fixture {

inline constexpr UnixTime start{std::chrono::seconds{1'700'000'000}};

inline crypto::PrivateKey new_key(crypto::NewKey kind = crypto::NewKey::p256) {
  return *crypto::PrivateKey::generate(kind);
}
inline std::string kid_of(const crypto::PrivateKey& key) {
  return jose::key_id(key.public_key());
}

inline Task<Result<KeyList>> wait_for(Callback<Result<KeyList>> answer) {
  co_return co_await answer;
}

template <typename Manager>
class KeyManagerTest : public testing::Test {
 protected:
  Result<KeyList> list() {
    return thread.await([&] { return wait_for(keys->list(thread.loop())); });
  }
  Result<KeyList> rotate(Rotation rotation = {}) {
    return thread.await([&] { return wait_for(keys->rotate(rotation, thread.loop())); });
  }
  Result<KeyList> retire(std::string kid, bool at_once) {
    return thread.await(
        [&] { return wait_for(keys->retire(std::move(kid), at_once, thread.loop())); });
  }

  signet::fixture::TempDirectory root;
  ManualClock clock{start};
  telemetry::Registry metrics;
  machinery::fixture::LoopThread thread;
  std::unique_ptr<Manager> keys;
};

}  // namespace signet::identity::fixture
