#include "party/policy_party.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "party/check_flow.h"
#include "party/https_reviews.h"
#include "party/policy_loader.h"
#include "verify/key_engine.h"

namespace signet::party {
namespace {

// Two looks bring a change into force, well within a second.
constexpr std::chrono::milliseconds look_interval{250};

std::vector<IssuerReport> reports_of(const Live& live, const verify::KeyEngine& engine) {
  std::vector<IssuerReport> reports;
  for (const auto& issuer : live.policy->issuers()) {
    auto& report = reports.emplace_back(IssuerReport{.name = issuer.name,
                                                     .url = issuer.keys.issuer,
                                                     .cluster = issuer.cluster,
                                                     .mode = std::string(to_string(issuer.mode))});
    if (issuer.mode != Mode::review) report.keys = engine.status(issuer.keys.issuer);
    if (issuer.mode == Mode::oidc) continue;
    const auto reviews = live.reviews.find(issuer.cluster);
    if (reviews != live.reviews.end()) report.review = reviews->second->status();
  }
  return reports;
}

std::vector<RouteReport> reports_of(const Policy& policy) {
  std::vector<RouteReport> reports;
  for (const auto& route : policy.routes()) {
    reports.push_back(
        {.name = route.rules.name,
         .phase = route.rules.any_audience ? "" : std::string(to_string(route.rules.phase)),
         .audiences = route.audiences});
  }
  return reports;
}

}  // namespace

struct PolicyParty::Impl {
  Impl(Options given, World world)
      : options(std::move(given)),
        metrics(world.metrics),
        old_audiences(world.metrics),
        judge(old_audiences, world.moments, world.random, metrics),
        engine({.directory = options.keys_directory}, world.fetcher, world.moments, world.random,
               world.metrics),
        lane({}, world.moments),
        flow({.live = live,
              .judge = judge,
              .engine = engine,
              .lane = lane,
              .moments = world.moments,
              .metrics = metrics}),
        loader(options.policy, {.live = live,
                                .engine = engine,
                                .moments = world.moments,
                                .metrics = metrics,
                                .make_reviews = world.make_reviews,
                                .changed = [this] { judge.forget(); }}) {}

  ~Impl() {
    follower.request_stop();
    if (follower.joinable()) follower.join();
    flow.close();
  }

  void follow(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      stopped.wait_for(lock, stop, look_interval, [] { return false; });
      if (!stop.stop_requested()) loader.look();
    }
  }

  Options options;
  PartyMetrics metrics;
  LivePolicy live;
  OldAudiences old_audiences;
  Judge judge;
  verify::KeyEngine engine;
  SignatureLane lane;
  CheckFlow flow;
  PolicyLoader loader;
  std::atomic<bool> draining = false;
  std::optional<verify::KeyEngineThread> engine_thread;
  std::jthread follower;
};

PolicyParty::PolicyParty(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicyParty::~PolicyParty() = default;

Result<std::unique_ptr<PolicyParty>, std::vector<std::string>> PolicyParty::open(Options options,
                                                                                 World world) {
  if (!world.make_reviews) {
    world.make_reviews = [&fetcher = world.fetcher, &moments = world.moments](
                             const std::string&, const ReviewSource& source) {
      return HttpsReviews::create(source, fetcher, moments);
    };
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(world));
  if (auto loaded = impl->loader.load(); !loaded) return std::unexpected(std::move(loaded).error());
  impl->engine_thread.emplace(impl->engine);
  impl->follower =
      std::jthread([held = impl.get()](const std::stop_token& stop) { held->follow(stop); });
  return std::unique_ptr<PolicyParty>(new PolicyParty(std::move(impl)));
}

std::optional<Verdict> PolicyParty::check_now(const Presented& presented) {
  return impl_->flow.check_now(presented);
}

void PolicyParty::check(const Presented& presented, verify::SteadyTime deadline, Done done) {
  impl_->flow.check(presented, deadline, std::move(done));
}

bool PolicyParty::has_route(std::string_view route) const {
  return impl_->live.current()->policy->route(route) != nullptr;
}

bool PolicyParty::ready() const {
  return !impl_->draining;
}
void PolicyParty::drain() {
  impl_->draining = true;
}
std::size_t PolicyParty::waiting() const {
  return impl_->flow.waiting();
}

Status PolicyParty::status() const {
  const auto live = impl_->live.current();
  return {.ready = ready(),
          .draining = impl_->draining,
          .waiting = waiting(),
          .policy = impl_->loader.status(),
          .issuers = reports_of(*live, impl_->engine),
          .routes = reports_of(*live->policy),
          .old_audience_uses = impl_->old_audiences.uses(),
          .old_audience_checks_left_out = impl_->old_audiences.left_out()};
}

Result<void, std::vector<std::string>> PolicyParty::reload() {
  return impl_->loader.load();
}

}  // namespace signet::party
