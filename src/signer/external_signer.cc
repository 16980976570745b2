#include "signer/external_signer.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"

namespace signet::signer {
namespace {

constexpr std::chrono::seconds lifetime_min{600};

Result<void> check_lifetime(std::chrono::seconds signers,
                            const std::optional<std::chrono::seconds>& configured) {
  if (signers < lifetime_min) {
    return fail(ErrorKind::invalid,
                cat("max token life supported by external-jwt-signer (", signers.count(),
                    "s) is less than acceptable (min ", lifetime_min.count(), "s)"));
  }
  if (configured && *configured > signers) {
    return fail(ErrorKind::invalid,
                cat("service-account-max-token-expiration cannot be set longer than the token "
                    "expiration supported by service-account-signing-endpoint: ",
                    configured->count(), " > ", signers.count()));
  }
  return {};
}

// Beside a connect() that waits: says so, and ends it when nobody wants it any more.
void attend_start(const std::stop_token& done, RemoteSigner& remote,
                  const std::function<bool()>& give_up) {
  constexpr std::chrono::milliseconds interval{100};
  constexpr int rounds_before_word = 10;
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  for (int round = 1; !done.stop_requested(); ++round) {
    ended.wait_for(lock, done, interval, [] { return false; });
    if (done.stop_requested()) return;
    if (give_up && give_up()) return remote.stop();
    if (round == rounds_before_word) log::warn("the external signer does not answer yet");
  }
}

std::unexpected<Error> elsewhere() {
  return fail(ErrorKind::conflict,
              "the keys are those of the process behind --service-account-signing-endpoint: change "
              "them there");
}

}  // namespace

ExternalSigner::ExternalSigner(std::unique_ptr<RemoteSigner> remote, const Clock& clock,
                               telemetry::Registry& metrics)
    : remote_(std::move(remote)), keeper_(*remote_, clock, metrics) {}

ExternalSigner::~ExternalSigner() {
  stop();
}

Result<std::unique_ptr<ExternalSigner>> ExternalSigner::connect(
    std::unique_ptr<RemoteSigner> remote, const Options& options, const Clock& clock,
    telemetry::Registry& metrics) {
  using Steady = std::chrono::steady_clock;
  constexpr std::string_view setting_up = "while setting up external-jwt-signer";
  std::unique_ptr<ExternalSigner> made(new ExternalSigner(std::move(remote), clock, metrics));
  auto& keeper = made->keeper_;
  // It is gone before `made` is.
  const std::jthread attendant([&remote = *made->remote_, &options](const std::stop_token& done) {
    attend_start(done, remote, options.give_up);
  });
  if (auto loaded = keeper.load(options.keys_limit, Steady::now()); !loaded) {
    return in_context(setting_up, loaded.error());
  }
  auto longest = made->remote_->longest_lifetime(options.metadata_limit);
  if (!longest) return in_context(setting_up, longest.error());
  TRY_VOID(check_lifetime(*longest, options.token_lifetime_max));
  made->longest_lifetime_ = *longest;
  made->refresher_ = std::jthread([&keeper](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto next = keeper.attend(Steady::now());
      keeper.wait_until(next, stop);
    }
  });
  return made;
}

std::unique_ptr<RemoteTokenSigner> ExternalSigner::make_signer(Executor& loop) {
  return std::make_unique<RemoteTokenSigner>(*remote_, keeper_, longest_lifetime_, loop);
}

Callback<Result<identity::KeyList>> ExternalSigner::list(Executor& loop) {
  identity::KeyList list;
  const auto keys = ring().current();
  const auto shown = keys->published().size();
  for (std::size_t i = 0; i < keys->verification.size(); ++i) {
    const auto& key = keys->verification[i];
    list.push_back({.kid = key.kid,
                    .algorithm = std::string(jose::to_string(key.algorithm)),
                    .state = "verifying",
                    .since = whole_seconds(keeper_.changed()),
                    .signs_from = std::nullopt,
                    .verifies_until = std::nullopt,
                    .why = i < shown ? "as long as the external signer says so"
                                     : "as long as the external signer says so, and unpublished"});
  }
  return identity::answer(std::move(list), loop);
}

Callback<Result<identity::KeyList>> ExternalSigner::rotate(identity::Rotation, Executor& loop) {
  return identity::answer(elsewhere(), loop);
}

Callback<Result<identity::KeyList>> ExternalSigner::retire(std::string, bool, Executor& loop) {
  return identity::answer(elsewhere(), loop);
}

void ExternalSigner::stop() {
  refresher_.request_stop();
  remote_->stop();
  keeper_.stop();
  if (refresher_.joinable()) refresher_.join();
}

}  // namespace signet::signer
