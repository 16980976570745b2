#include "verify/key_engine.h"

#include <algorithm>
#include <shared_mutex>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "verify/key_core.h"
#include "verify/key_store.h"
#include "verify/source_plan.h"

namespace signet::verify {
namespace {

constexpr std::chrono::seconds measure_interval{5};

}  // namespace

struct KeyEngine::Impl : std::enable_shared_from_this<KeyEngine::Impl> {
  struct State {
    std::unique_ptr<KeyCore> core;
    SteadyTime armed = SteadyTime::max();  // when step() is called unless somebody nudges
    SteadyTime measured{};
  };
  struct Disk {
    std::string directory;
    std::optional<KeyStore> store;
    bool loaded = false;
  };

  Impl(KeyEngineOptions options, net::Fetcher& the_fetcher, const Moments& the_moments,
       Random& the_random, telemetry::Registry& registry)
      : fetcher(the_fetcher),
        moments(the_moments),
        random(the_random),
        metrics(registry),
        state(State{.core = std::make_unique<KeyCore>(the_random, metrics)}),
        disk(Disk{.directory = std::move(options.directory)}),
        board([this](UnitId unit) {
          act([unit](KeyCore& core, const Moment& now, auto& effects) {
            core.wake(unit, now, effects);
          });
        }) {}

  // Changes the core under its lock, then does what it asks for under none.
  template <typename Change>
  void act(Change change) {
    KeyCore::Effects effects;
    const bool earlier = state.with([&](State& held) {
      change(*held.core, moments.now(), effects);
      if (effects.next >= held.armed) return false;
      held.armed = effects.next;
      return true;
    });
    perform(std::move(effects));
    if (!earlier) return;
    nudge.with([](const auto& call) {
      if (call) call();
    });
  }

  void perform(KeyCore::Effects effects);
  void send(const FetchOrder& order);
  void complete(const FetchOrder& order, KeyOutcome outcome) {
    act([&](KeyCore& core, const Moment& now, auto& effects) {
      core.completed(order, std::move(outcome), now, effects);
    });
  }
  static Result<KeyStore*> store_of(Disk& held, Random& random);
  std::vector<StoredSet> load();
  void alarm(const Error& error) {
    metrics.store_failures.add();
    log::error("persisted key sets are not usable", {{"reason", error.message}});
  }

  net::Fetcher& fetcher;
  const Moments& moments;
  Random& random;
  KeyMetrics metrics;
  Guarded<State> state;
  Guarded<Disk> disk;
  Guarded<std::function<void()>> nudge;
  KeyBoard board;
  // Held shared by an answer that is being worked on, so that the end of the engine waits for it.
  std::shared_mutex open_mutex;
  bool open = true;
};

void KeyEngine::Impl::perform(KeyCore::Effects effects) {
  for (auto& [answered, answer] : effects.answers) answered(answer);
  for (const auto id : effects.cancels) fetcher.cancel(id);
  for (const auto& order : effects.orders) send(order);
}

void KeyEngine::Impl::send(const FetchOrder& order) {
  auto request = request_of(order);
  if (!request) {
    complete(order, std::move(request).error());
    return;
  }
  const auto id = fetcher.start(*std::move(request),
                                [weak = weak_from_this(), order](const net::FetchResult& result) {
                                  const auto self = weak.lock();
                                  if (self == nullptr) return;
                                  const std::shared_lock working(self->open_mutex);
                                  if (!self->open) return;
                                  self->complete(order, judge(order, result));
                                });
  const bool awaited = state.with([&](State& held) { return held.core->started(order, id); });
  if (!awaited) fetcher.cancel(id);
}

Result<KeyStore*> KeyEngine::Impl::store_of(Disk& held, Random& random) {
  if (held.directory.empty()) return nullptr;
  if (!held.store) {
    auto opened = KeyStore::open(held.directory, random);
    if (!opened) return std::unexpected(std::move(opened).error());
    held.store = *std::move(opened);
  }
  return &*held.store;
}

// At the first configuration only: later, what is held is newer.
std::vector<StoredSet> KeyEngine::Impl::load() {
  return disk.with([&](Disk& held) -> std::vector<StoredSet> {
    if (std::exchange(held.loaded, true)) return {};
    const auto store = store_of(held, random);
    if (!store) {
      alarm(store.error());
      return {};
    }
    if (*store == nullptr) return {};
    auto sets = (*store)->load();
    if (!sets) {
      alarm(sets.error());
      return {};
    }
    return *std::move(sets);
  });
}

KeyEngine::KeyEngine(KeyEngineOptions options, net::Fetcher& fetcher, const Moments& moments,
                     Random& random, telemetry::Registry& metrics)
    : impl_(std::make_shared<Impl>(std::move(options), fetcher, moments, random, metrics)) {}

KeyEngine::~KeyEngine() {
  {
    const std::unique_lock idle(impl_->open_mutex);
    impl_->open = false;
  }
  KeyCore::Effects effects;
  impl_->state.with([&](Impl::State& held) { held.core->close(effects); });
  impl_->perform(std::move(effects));
}

Result<void, std::vector<std::string>> KeyEngine::configure(std::vector<IssuerSource> sources) {
  auto plans = plan_sources(std::move(sources));
  if (!plans) return std::unexpected(std::move(plans).error());
  const auto restored = impl_->load();
  impl_->act([&](KeyCore& core, const Moment& now, auto& effects) {
    impl_->board.replace(core.configure(*std::move(plans), restored, now, effects));
  });
  return {};
}

KeyBoard& KeyEngine::board() {
  return impl_->board;
}

KeyEngine::WaitId KeyEngine::wait_for(const KeyQuestion& question, Answered answered) {
  WaitId id = 0;
  impl_->act([&](KeyCore& core, const Moment& now, auto& effects) {
    id = core.wait_for({.issuer = question.issuer,
                        .kid = question.kid,
                        .algorithm = question.algorithm,
                        .issued_at = question.issued_at,
                        .deadline = now.steady + question.patience,
                        .when_late = question.when_late},
                       std::move(answered), now, effects);
  });
  return id;
}

void KeyEngine::cancel(WaitId id) {
  impl_->state.with([id](Impl::State& held) { held.core->cancel(id); });
}

std::vector<IssuerStatus> KeyEngine::status() const {
  const auto now = impl_->moments.now();
  return impl_->state.with([&](Impl::State& held) { return held.core->status(now); });
}

std::optional<IssuerStatus> KeyEngine::status(std::string_view issuer) const {
  const auto now = impl_->moments.now();
  return impl_->state.with([&](Impl::State& held) { return held.core->status(issuer, now); });
}

SteadyTime KeyEngine::step() {
  KeyCore::Effects effects;
  impl_->state.with([&](Impl::State& held) {
    const auto now = impl_->moments.now();
    held.core->pump(now, effects);
    held.core->grant(now, effects);
    if (now.steady - held.measured >= measure_interval) {
      held.core->measure(now);
      held.measured = now.steady;
    }
    effects.next = std::min(effects.next, held.measured + measure_interval);
    held.armed = effects.next;
  });
  impl_->perform(std::move(effects));
  // What was performed may have made it earlier.
  return impl_->state.with([](const Impl::State& held) { return held.armed; });
}

void KeyEngine::on_nudge(std::function<void()> nudge) {
  impl_->nudge.with([&](auto& held) { held = std::move(nudge); });
}

Result<void> KeyEngine::persist() {
  auto& impl = *impl_;
  return impl.disk.with([&](Impl::Disk& held) -> Result<void> {
    auto store = Impl::store_of(held, impl.random);
    if (!store) {
      impl.alarm(store.error());
      return std::unexpected(std::move(store).error());
    }
    if (*store == nullptr) return {};
    const auto now = impl.moments.now().steady;
    const auto sets =
        impl.state.with([now](Impl::State& state) { return state.core->take_changes(now); });
    if (!sets) return {};
    auto saved = (*store)->save(*sets);
    if (!saved) {
      impl.alarm(saved.error());
      impl.state.with([](Impl::State& state) { state.core->put_back_changes(); });
    }
    return saved;
  });
}

}  // namespace signet::verify
