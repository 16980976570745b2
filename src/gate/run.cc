#include "gate/run.h"

#include <iostream>
#include <utility>

#include "base/cat.h"
#include "base/end_signals.h"
#include "base/log.h"
#include "net/fetcher.h"
#include "party/policy_party.h"

namespace signet::gate {
namespace {

// How often certificates on disk are looked at.
constexpr std::chrono::seconds look_interval{5};

void say_places(std::string& text, std::string_view what, const std::vector<Place>& places) {
  for (const auto& place : places) append(text, "  ", what, " ", place.to_text(), "\n");
}

void say_ready(const Gate& gate, std::chrono::steady_clock::time_point started) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  std::string text = cat("signet gate is ready after ", took.count(), " ms\n");
  say_places(text, "grpc", gate.grpc_places());
  say_places(text, "http", gate.http_places());
  say_places(text, "admin", gate.admin_places());
  std::cout << text << std::flush;
}

}  // namespace

int run(RunOptions options) {
  const auto started = std::chrono::steady_clock::now();
  block_end_signals();
  if (options.verbose) log::set_level(log::Level::info);

  const SystemClock clock;
  const verify::SteadyMoments moments(clock);
  SystemRandom random;
  telemetry::Registry metrics;
  net::CurlFetcher fetcher;
  auto party = party::PolicyParty::open(
      {.policy = options.policy, .keys_directory = options.keys_directory},
      {.fetcher = fetcher, .moments = moments, .random = random, .metrics = metrics});
  if (!party) {
    for (const auto& problem : party.error()) std::cerr << "signet: " << problem << '\n';
    return 1;
  }
  auto gate = Gate::start(
      std::move(options.gate),
      {.party = **party, .moments = moments, .clock = clock, .random = random, .metrics = metrics});
  if (!gate) {
    std::cerr << "signet: " << gate.error().message << '\n';
    return 1;
  }
  say_ready(**gate, started);
  while (!end_signal_within(look_interval)) (*gate)->look();
  (*party)->drain();
  end_signal_within(options.shutdown_delay);
  (*gate)->stop();
  return 0;
}

}  // namespace signet::gate
