// A relying party that says what the test tells it to. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "gate/checker.h"
#include "gate/gate.h"
#include "party/relying_party.h"

namespace signet::gate::testing {

inline party::CallerPtr cart() {
  return std::make_shared<const party::Caller>(
      party::Caller{.subject = "k8s/prod-eu/ns/shop/sa/cart",
                    .cluster = "prod-eu",
                    .issuer = "https://k8s.example",
                    .ns = "shop",
                    .name = "cart",
                    .uid = "5b1c6d5e",
                    .pod = party::ObjectName{.name = "cart-0", .uid = "77aa"},
                    .node = {},
                    .secret = {},
                    .jti = "j-1",
                    .audiences = {"payments", "pay,new"},
                    .not_after = UnixTime{std::chrono::seconds{2'000'000'000}},
                    .method = party::Method::offline});
}

inline party::Refused refused(party::Refusal reason, std::chrono::seconds retry_after = {}) {
  return {.reason = reason, .detail = "said the test", .retry_after = retry_after};
}

// "good" is cart's token on route "payments". Any other verdict is set by its token; one of
// `later` is not known until release().
class FakeParty final : public party::RelyingParty {
 public:
  std::map<std::string, party::Verdict, std::less<>> verdicts{{"good", cart()}};
  std::vector<std::string> later;

  std::optional<party::Verdict> check_now(const party::Presented& presented) override {
    if (std::ranges::find(later, presented.token) != later.end()) return std::nullopt;
    return verdict_of(presented);
  }

  void check(const party::Presented& presented, verify::SteadyTime deadline,
             party::Done done) override {
    if (auto known = check_now(presented)) return done(*std::move(known));
    waiting_.with([&](auto& waiting) {
      waiting.push_back({.token = std::string(presented.token),
                         .route = std::string(presented.route),
                         .deadline = deadline,
                         .done = std::move(done)});
    });
  }

  // Answers everybody who waits: with what is known by then, or as at the deadline.
  void release() {
    for (auto& one : take()) one.done(verdict_of({.token = one.token, .route = one.route}));
  }
  void pass_deadline() {
    for (auto& one : take()) {
      one.done(std::unexpected(refused(party::Refusal::keys_unavailable)));
    }
  }
  void wait_for_waiting(std::size_t count) const {
    while (waiting() < count) std::this_thread::yield();
  }
  verify::SteadyTime first_deadline() const {
    return waiting_.with([](const auto& waiting) { return waiting.front().deadline; });
  }

  bool has_route(std::string_view route) const override { return route == "payments"; }
  bool ready() const override { return ready_; }
  void drain() override { ready_ = false; }
  std::size_t waiting() const override {
    return waiting_.with([](const auto& waiting) { return waiting.size(); });
  }
  party::Status status() const override {
    party::Status status;
    status.ready = ready_;
    return status;
  }

 private:
  struct Waiting {
    std::string token;
    std::string route;
    verify::SteadyTime deadline;
    party::Done done;
  };

  party::Verdict verdict_of(const party::Presented& presented) const {
    if (!has_route(presented.route)) return std::unexpected(refused(party::Refusal::forbidden));
    const auto found = verdicts.find(presented.token);
    if (found != verdicts.end()) return found->second;
    return std::unexpected(refused(party::Refusal::bad_signature));
  }
  std::vector<Waiting> take() {
    return waiting_.with([](auto& waiting) { return std::exchange(waiting, {}); });
  }

  Guarded<std::vector<Waiting>> waiting_;
  std::atomic<bool> ready_ = true;
};

inline IdentityHeaders names(std::string_view prefix = "x-auth-") {
  return *IdentityHeaders::create(prefix);
}

// What a gate needs beside its options.
struct GateWorld {
  FakeParty party;
  ManualClock clock{Instant{std::chrono::seconds{1'900'000'000}}};
  verify::SteadyMoments moments{clock};
  SeededRandom random{7};
  telemetry::Registry metrics;

  Gate::World world() {
    return {
        .party = party, .moments = moments, .clock = clock, .random = random, .metrics = metrics};
  }
  Checker::World checker_world() {
    return {.party = party, .moments = moments, .metrics = metrics, .random = random};
  }
};

}  // namespace signet::gate::testing
