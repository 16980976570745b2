// The real kinds over a memory store, with actions and controllers. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/actions.h"
#include "control/controllers.h"
#include "kinds/kinds.h"
#include "machinery/api_fixture_for_tests.h"

namespace signet::control::fixture {

using machinery::fixture::ApiFixture;
using machinery::fixture::Reply;

inline const machinery::Registry& kind_registry() {
  static const machinery::Registry registry(kinds::all());
  return registry;
}

// Signs as nobody would believe, but so that a test can read what was signed.
class FakeSigner final : public identity::TokenSigner {
 public:
  Task<Result<std::string>> sign(std::string payload, std::chrono::seconds lifetime) override {
    if (away) co_return fail(ErrorKind::unavailable, "nobody signs");
    if (lifetime > lifetime_max) co_return fail(ErrorKind::invalid, "for ever is too long");
    lifetimes.push_back(lifetime);
    co_return cat("header.", payload, ".signature");
  }

  std::atomic<bool> away = false;
  std::chrono::seconds lifetime_max = std::chrono::seconds::max();
  std::vector<std::chrono::seconds> lifetimes;
};

class Cluster {
 public:
  Cluster() {
    api.thread().run([this] { add_actions(api.api()); });
  }
  ~Cluster() {
    api.thread().run([this] {
      if (controllers) controllers->stop();
    });
    api.stop();
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void start_controllers(std::string ca = "CA", bool automatic_tokens = false) {
    const auto done = api.thread().await([&] {
      controllers = std::make_unique<Controllers>(
          api.api(), signer,
          Controllers::Options{.ca_pem = std::move(ca), .automatic_tokens = automatic_tokens},
          Controllers::TokenUses{.last_uses = uses, .ledger = ledger});
      return controllers->start();
    });
    EXPECT_TRUE(done) << done.error().message;
  }
  // They stay until the end: what they began may still wait for a commit.
  void stop_controllers() {
    api.thread().run([this] {
      controllers->stop();
      stopped.push_back(std::move(controllers));
    });
  }

  std::string make(std::string_view path, std::string body) {
    const auto made = api.post(path, std::move(body));
    EXPECT_EQ(made.status, 201) << made.body;
    return made.at("metadata.uid");
  }
  std::string make_pod(std::string_view name, std::string_view spec = "",
                       std::string_view ns = "default") {
    return make(cat("/api/v1/namespaces/", ns, "/pods"),
                cat(R"({"metadata":{"name":")", name,
                    R"("},"spec":{"containers":[{"name":"c","image":"i"}])", spec, "}}"));
  }

  // Follows a collection until `wanted` holds of it.
  template <typename Wanted>
  void until(std::string_view collection, Wanted wanted) {
    auto watch = api.watch(cat(collection, "?watch=true"));
    while (!wanted()) watch->next();
  }
  void until_there(std::string_view collection, std::string_view name) {
    until(collection, [&] { return api.get(cat(collection, '/', name)).status == 200; });
  }
  void until_gone(std::string_view collection, std::string_view name) {
    until(collection, [&] { return api.get(cat(collection, '/', name)).status == 404; });
  }

  telemetry::Registry metrics;
  identity::LastUses uses;
  identity::MigrationLedger ledger{{}, UnixTime{}, metrics};
  ApiFixture api{kind_registry()};
  FakeSigner signer;
  std::unique_ptr<Controllers> controllers;
  std::vector<std::unique_ptr<Controllers>> stopped;
};

}  // namespace signet::control::fixture
