// An engine in a world where time passes only when a test says so and every issuer answers as it is
// told. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "telemetry/metrics.h"
#include "verify/key_engine.h"

namespace signet::verify::testing {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class ManualMoments final : public Moments {
 public:
  Moment now() const override { return now_; }
  void set(SteadyTime steady) {
    now_.wall += std::max(steady - now_.steady, SteadyTime::duration{0});
    now_.steady = std::max(now_.steady, steady);
  }
  void jump_wall(std::chrono::seconds by) { now_.wall += by; }

 private:
  Moment now_{.steady = SteadyTime() + hours{1000}, .wall = Instant() + hours{490'000}};
};

struct Reply {
  net::FetchResult result = net::ClientResponse{};
  milliseconds delay{20};
};

inline Reply ok(std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {.result = net::ClientResponse{
              .status = 200, .headers = std::move(headers), .body = std::move(body)}};
}
inline Reply with_status(int status) {
  return {.result = net::ClientResponse{.status = status, .headers = {}, .body = "<html>"}};
}
inline Reply broken(net::FetchFault fault) {
  return {.result = std::unexpected(net::FetchError{.fault = fault, .message = "broken"})};
}
// Nothing comes until the fetcher's own time is over.
inline Reply hanging() {
  auto reply = broken(net::FetchFault::timeout);
  reply.delay = seconds{5};
  return reply;
}

class SimulatedNetwork final : public net::Fetcher {
 public:
  struct Seen {
    SteadyTime at;
    net::FetchRequest request;
    const std::string& url() const { return request.request.url; }
    std::string_view header(std::string_view name) const {
      for (const auto& [key, value] : request.request.headers) {
        if (key == name) return value;
      }
      return {};
    }
  };
  using Answer = std::function<Reply(const Seen&)>;

  explicit SimulatedNetwork(const ManualMoments& moments) : moments_(moments) {}

  // What `url` answers from now on.
  void serve(const std::string& url, Answer answer) { answers_[url] = std::move(answer); }
  void serve(const std::string& url, Reply reply) {
    serve(url, [reply = std::move(reply)](const Seen&) { return reply; });
  }
  // For URLs that were not named.
  void serve_others(Answer answer) { others_ = std::move(answer); }

  Id start(net::FetchRequest request, Done done) override {
    seen_.push_back({.at = moments_.now().steady, .request = std::move(request)});
    const auto& seen = seen_.back();
    const auto found = answers_.find(seen.url());
    auto reply = found != answers_.end() ? found->second(seen)
                 : others_               ? others_(seen)
                                         : broken(net::FetchFault::no_such_host);
    const auto id = ++last_;
    running_.emplace(seen.at + reply.delay,
                     Running{.id = id, .result = std::move(reply.result), .done = std::move(done)});
    most_running_ = std::max(most_running_, running_.size());
    return id;
  }
  void cancel(Id id) override {
    ++cancelled_;
    const auto found =
        std::ranges::find(running_, id, [](const auto& entry) { return entry.second.id; });
    if (found == running_.end()) return;
    auto job = std::move(found->second);
    running_.erase(found);
    job.result = std::unexpected(
        net::FetchError{.fault = net::FetchFault::cancelled, .message = "cancelled"});
    running_.emplace(moments_.now().steady, std::move(job));
  }

  SteadyTime next() const { return running_.empty() ? SteadyTime::max() : running_.begin()->first; }
  void deliver(SteadyTime now) {
    while (!running_.empty() && running_.begin()->first <= now) {
      auto job = std::move(running_.begin()->second);
      running_.erase(running_.begin());
      job.done(std::move(job.result));
    }
  }

  const std::deque<Seen>& seen() const { return seen_; }
  std::size_t count(std::string_view url) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(seen_, [&](const Seen& seen) { return seen.url() == url; }));
  }
  void forget() { seen_.clear(); }
  std::size_t running() const { return running_.size(); }
  std::size_t most_running() const { return most_running_; }
  std::size_t cancelled() const { return cancelled_; }

 private:
  struct Running {
    Id id;
    net::FetchResult result;
    Done done;
  };

  const ManualMoments& moments_;
  std::map<std::string, Answer> answers_;
  Answer others_;
  std::multimap<SteadyTime, Running> running_;
  std::deque<Seen> seen_;
  Id last_ = 0;
  std::size_t most_running_ = 0;
  std::size_t cancelled_ = 0;
};

// Keys that are made once for all tests.
inline const jose::VerificationKey& test_key(std::size_t index) {
  static const auto keys = [] {
    std::vector<jose::VerificationKey> made;
    for (int i = 0; i < 4; ++i) {
      const auto key = crypto::PrivateKey::generate(crypto::NewKey::p256).value();
      made.push_back(jose::verification_key(key.public_key()));
    }
    return made;
  }();
  return keys.at(index);
}
// A key set of those, under their own names or the one given.
inline std::string jwks(std::initializer_list<std::size_t> indices, std::string kid = {}) {
  std::vector<jose::VerificationKey> keys;
  for (const auto index : indices) {
    keys.push_back(test_key(index));
    if (!kid.empty()) keys.back().kid = kid;
  }
  return jose::to_jwks(keys);
}

inline std::string discovery(const std::string& issuer, const std::string& jwks_uri) {
  return cat(R"({"issuer":")", issuer, R"(","jwks_uri":")", jwks_uri, R"("})");
}

class KeyEngineTest : public ::testing::Test {
 protected:
  static constexpr auto alg = jose::Algorithm::es256;
  const std::string issuer_ = "https://k8s.example";
  const std::string document_ = issuer_ + "/.well-known/openid-configuration";
  const std::string keys_ = issuer_ + "/openid/v1/jwks";

  KeyEngineTest() {
    log::set_level(log::Level::off);
    start();
  }
  ~KeyEngineTest() override { log::set_level(log::Level::warn); }

  // The engine anew, as after a restart of the process.
  void start(KeyEngineOptions options = {}) {
    reader_.reset();
    engine_.reset();
    engine_ =
        std::make_unique<KeyEngine>(std::move(options), network_, moments_, random_, metrics_);
    engine_->on_nudge([this] { nudged_ = true; });
    reader_.emplace(engine_->board());
    next_ = moments_.now().steady;
  }

  void serve_issuer(const std::string& issuer, const std::string& body) {
    network_.serve(issuer + "/.well-known/openid-configuration",
                   ok(discovery(issuer, issuer + "/openid/v1/jwks")));
    network_.serve(issuer + "/openid/v1/jwks", ok(body));
  }
  void configure(std::vector<IssuerSource> sources) {
    const auto configured = engine_->configure(std::move(sources));
    ASSERT_TRUE(configured) << configured.error().front();
    settle();
  }
  // One issuer with one key, loaded.
  void load() {
    serve_issuer(issuer_, jwks({0}));
    configure({{.issuer = issuer_}});
    run(seconds{1});
    ASSERT_EQ(find(0), KeyAnswer::keys);
  }

  void settle() {
    next_ = engine_->step();
    nudged_ = false;
  }
  void run(SteadyTime::duration span) { run_until(moments_.now().steady + span); }
  void run_until(SteadyTime end) {
    for (;;) {
      if (nudged_) settle();
      const auto at = std::min(next_, network_.next());
      if (at > end) break;
      moments_.set(at);
      network_.deliver(at);
      if (next_ <= at || nudged_) settle();
    }
    moments_.set(end);
  }

  KeyAnswer find(std::size_t key, const std::string& issuer = "https://k8s.example") {
    return reader_->find(issuer, test_key(key).kid, alg).answer;
  }
  KeyAnswer find_kid(std::string_view kid) { return reader_->find(issuer_, kid, alg).answer; }
  std::uint64_t generation() { return reader_->generation(issuer_); }
  IssuerStatus status(const std::string& issuer = "https://k8s.example") {
    return engine_->status(issuer).value();
  }

  struct Waiting {
    std::optional<KeyAnswer> answer;
    SteadyTime at;
    int times = 0;
    KeyEngine::WaitId id = 0;
  };
  std::shared_ptr<Waiting> ask(KeyQuestion question) {
    auto waiting = std::make_shared<Waiting>();
    question.algorithm = alg;
    waiting->id = engine_->wait_for(question, [this, waiting](KeyAnswer answer) {
      waiting->answer = answer;
      waiting->at = moments_.now().steady;
      ++waiting->times;
    });
    return waiting;
  }
  std::shared_ptr<Waiting> ask(std::string_view kid) {
    return ask(KeyQuestion{.issuer = issuer_, .kid = kid});
  }
  std::shared_ptr<Waiting> ask(std::size_t key) { return ask(test_key(key).kid); }

  ManualMoments moments_;
  SeededRandom random_{7};
  telemetry::Registry metrics_;
  SimulatedNetwork network_{moments_};
  std::unique_ptr<KeyEngine> engine_;
  std::optional<KeyReader> reader_;
  SteadyTime next_{};
  bool nudged_ = false;
};

}  // namespace signet::verify::testing
