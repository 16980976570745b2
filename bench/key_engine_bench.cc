// What a relying party of many issuers costs: memory, start, and the look-up that every request
// makes.
//
//   key_engine_bench                         # memory and start, then look-ups
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cat.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "telemetry/metrics.h"
#include "verify/key_engine.h"

namespace signet::verify {
namespace {

constexpr int issuers = 10'000;
constexpr std::size_t keys_each = 3;

std::string issuer(int i) {
  return cat("https://kubernetes-", i, ".clusters.example.com");
}

// Every issuer answers at once, with three RSA-2048 keys of its own names.
class Issuers final : public net::Fetcher {
 public:
  Issuers() {
    for (std::size_t i = 0; i < keys_each; ++i) {
      const auto key = crypto::PrivateKey::generate(crypto::NewKey::rsa2048);
      keys_.push_back(jose::verification_key(key->public_key()));
    }
    set_ = jose::to_jwks(keys_);
  }
  Id start(net::FetchRequest request, Done done) override {
    const std::string_view url = request.request.url;
    net::ClientResponse response{
        .status = 200, .headers = {{"etag", "\"12345678\""}}, .body = set_};
    if (url.ends_with("openid-configuration")) {
      const auto name = url.substr(0, url.find("/.well-known"));
      response.body =
          cat(R"({"issuer":")", name, R"(","jwks_uri":")", name, R"(/openid/v1/jwks"})");
    }
    waiting_.emplace_back(std::move(done), std::move(response));
    return ++last_;
  }
  void cancel(Id /*id*/) override {}
  void deliver() {
    for (auto& [done, response] : std::exchange(waiting_, {})) done(std::move(response));
  }
  const jose::VerificationKey& key() const { return keys_.front(); }

 private:
  std::vector<jose::VerificationKey> keys_;
  std::string set_;
  std::vector<std::pair<Done, net::ClientResponse>> waiting_;
  Id last_ = 0;
};

class Time final : public Moments {
 public:
  Moment now() const override { return now_; }
  void advance(std::chrono::milliseconds by) {
    now_.steady += by;
    now_.wall += by;
  }

 private:
  Moment now_{.steady = SteadyTime() + std::chrono::hours{1000},
              .wall = Instant() + std::chrono::hours{490'000}};
};

struct World {
  explicit World(int count, std::string directory = {})
      : count_(count),
        engine({.directory = std::move(directory)}, network, time, random, metrics),
        reader(engine.board()) {
    std::vector<IssuerSource> sources;
    sources.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) sources.push_back({.issuer = issuer(i)});
    if (!engine.configure(std::move(sources))) std::abort();
  }
  // Documents and keys, 50 requests a second.
  void load() {
    const auto end = time.now().steady + std::chrono::seconds(count_ * 2 / 50 + 5);
    while (time.now().steady < end) {
      engine.step();
      network.deliver();
      time.advance(std::chrono::milliseconds{100});
    }
  }

  int count_;
  Issuers network;
  Time time;
  SystemRandom random;
  telemetry::Registry metrics;
  KeyEngine engine;
  KeyReader reader;
};

// Loading takes long and the harness asks again for each estimate.
World& loaded(int count) {
  static std::map<int, std::unique_ptr<World>> worlds;
  auto& world = worlds[count];
  if (world == nullptr) {
    world = std::make_unique<World>(count);
    world->load();
  }
  return *world;
}

// A look-up of one of `count` issuers, each time another.
void bench_lookup(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  auto& world = loaded(count);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(issuer(static_cast<int>(i * 7919L % count)));
  const auto& kid = world.network.key().kid;
  for (const auto& name : names) {
    if (world.reader.find(name, kid, jose::Algorithm::rs256).answer != KeyAnswer::keys)
      std::abort();
  }
  std::size_t at = 0;
  for (auto unused : state) {
    benchmark::DoNotOptimize(world.reader.find(names[at], kid, jose::Algorithm::rs256));
    if (++at == names.size()) at = 0;
  }
}
BENCHMARK(bench_lookup)->Arg(1)->Arg(100)->Arg(10'000);

void bench_lookup_of_unknown_issuer(benchmark::State& state) {
  auto& world = loaded(issuers);
  const auto name = issuer(issuers);
  for (auto unused : state) {
    benchmark::DoNotOptimize(world.reader.find(name, "kid", jose::Algorithm::rs256));
  }
}
BENCHMARK(bench_lookup_of_unknown_issuer);

// A token with a key nobody has, within the half minute in which no fetch is made.
void bench_unknown_key(benchmark::State& state) {
  auto& world = loaded(issuers);
  const auto name = issuer(1);
  int i = 0;
  for (auto unused : state) {
    world.engine.wait_for({.issuer = name, .kid = cat("bogus", ++i)},
                          [](KeyAnswer answer) { benchmark::DoNotOptimize(answer); });
  }
}
BENCHMARK(bench_unknown_key);

double heap_mb() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1e6;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void report() {
  auto pattern = (std::filesystem::temp_directory_path() / "signet-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  const auto directory = pattern + "/keys";
  const auto before = heap_mb();
  {
    World world(issuers, directory);
    world.load();
    std::printf("heap, 10,000 issuers with three RSA-2048 keys: %.1f MB\n", heap_mb() - before);
    const auto& kid = world.network.key().kid;
    for (int i = 0; i < issuers; ++i) {
      if (world.reader.find(issuer(i), kid, jose::Algorithm::rs256).answer != KeyAnswer::keys) {
        std::abort();
      }
    }
    std::printf("the same, one key of each in use: %.1f MB\n", heap_mb() - before);
    const auto start = std::chrono::steady_clock::now();
    if (!world.engine.persist()) std::abort();
    std::printf("written to disk: %.1f MB in %.3f s\n",
                static_cast<double>(std::filesystem::file_size(directory + "/keysets")) / 1e6,
                seconds_since(start));
  }
  const auto start = std::chrono::steady_clock::now();
  World world(issuers, directory);
  const auto configured = seconds_since(start);
  std::size_t usable = 0;
  for (const auto& one : world.engine.status()) usable += one.generation != 0 ? 1U : 0U;
  std::printf("start from disk: %zu key sets in %.3f s\n", usable, configured);
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace signet::verify

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  signet::verify::report();  // first: of a heap that nobody used before
  benchmark::RunSpecifiedBenchmarks();
}
