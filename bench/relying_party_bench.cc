// What a check costs a relying party: a token seen before, from one thread and from several, and a
// fresh one by its algorithm. Beside it the bare signature: crypto_bench.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/cat.h"
#include "base/files.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "party/policy_party.h"
#include "token/claims.h"

namespace signet {
namespace {

using crypto::NewKey;
using crypto::PrivateKey;

constexpr std::string_view issuer = "https://issuer.example.test";

const PrivateKey& key_of(NewKey kind) {
  static const PrivateKey rsa = PrivateKey::generate(NewKey::rsa2048).value();
  static const PrivateKey ec = PrivateKey::generate(NewKey::p256).value();
  return kind == NewKey::rsa2048 ? rsa : ec;
}

// Fixed keys: nothing is ever fetched.
class NoNetwork final : public net::Fetcher {
 public:
  Id start(net::FetchRequest, Done) override { return 1; }
  void cancel(Id) override {}
};

std::string policy_text() {
  const std::vector keys{jose::verification_key(key_of(NewKey::rsa2048).public_key()),
                         jose::verification_key(key_of(NewKey::p256).public_key())};
  return cat("apiVersion: signet.dev/v1\nkind: Issuer\nmetadata: {name: i}\nspec: {url: '", issuer,
             "', cluster: prod, keys: {jwks: '", jose::to_jwks(keys),
             "'}}\n---\napiVersion: signet.dev/v1\nkind: Route\nmetadata: {name: r}\nspec: "
             "{audiences: {new: [vault]}, subjects: [{namespace: 'demo*', name: '*'}]}\n");
}

party::RelyingParty& relying_party() {
  static SystemClock clock;
  static const verify::SteadyMoments moments(clock);
  static SystemRandom random;
  static telemetry::Registry metrics;
  static NoNetwork network;
  static const auto made = [] {
    auto directory = (std::filesystem::temp_directory_path() / "signet-bench-XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) std::abort();
    const auto file = directory + "/policy.yaml";
    if (!write_file_durably(file, policy_text(), 0600)) std::abort();
    auto opened = party::PolicyParty::open(
        {.policy = file},
        {.fetcher = network, .moments = moments, .random = random, .metrics = metrics});
    if (!opened) std::abort();
    return *std::move(opened);
  }();
  return *made;
}

std::string token_of(NewKey kind, std::string_view id) {
  const auto now = whole_seconds(SystemClock().now());
  const auto& key = key_of(kind);
  const auto own = jose::verification_key(key.public_key());
  return jose::sign_compact(
             key, jose::encode_header(own.algorithm, own.kid),
             token::compose(token::BoundClaims{
                 .audiences = {"vault"},
                 .expires_at = now + std::chrono::hours(1),
                 .issued_at = now,
                 .not_before = now,
                 .issuer = issuer,
                 .id = id,
                 .subject = "system:serviceaccount:demo:web",
                 .ns = "demo",
                 .service_account = {.name = "web", .uid = "33333333-3333-4333-8333-333333333333"},
                 .pod = token::ObjectRef{.name = "web-0",
                                         .uid = "22222222-2222-4222-8222-222222222222"},
                 .node = token::ObjectRef{.name = "node-a",
                                          .uid = "11111111-1111-4111-8111-111111111111"}}))
      .value();
}

void check(benchmark::State& state, const std::string& token) {
  const auto verdict = relying_party().check_now({.token = token, .route = "r"});
  if (!verdict || !*verdict) state.SkipWithError("refused");
}

void bench_check_seen(benchmark::State& state) {
  const auto token = token_of(NewKey::rsa2048, cat("seen-", state.thread_index()));
  for (auto _ : state) check(state, token);
}
BENCHMARK(bench_check_seen)->Threads(1)->Threads(2)->UseRealTime();

// Signing is not measured: each token is new to the relying party, in rounds that fit in memory.
void bench_check_fresh(benchmark::State& state, NewKey kind) {
  static int made = 0;
  constexpr std::size_t round = 500;
  std::vector<std::string> tokens;
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == tokens.size()) {
      state.PauseTiming();
      tokens.clear();
      while (tokens.size() < round) tokens.push_back(token_of(kind, cat("fresh-", ++made)));
      next = 0;
      state.ResumeTiming();
    }
    check(state, tokens[next++]);
  }
}
BENCHMARK_CAPTURE(bench_check_fresh, rs256, NewKey::rsa2048)->Iterations(2'000);
BENCHMARK_CAPTURE(bench_check_fresh, es256, NewKey::p256)->Iterations(10'000);

}  // namespace
}  // namespace signet
