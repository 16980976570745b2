// What a signature, a token and its claims cost on one core.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/signature_verifier.h"
#include "crypto/signer.h"
#include "jose/jws.h"
#include "token/checks.h"
#include "token/claims.h"
#include "verify/verifier.h"

namespace signet {
namespace {

using crypto::NewKey;
using crypto::PrivateKey;

constexpr Instant now{std::chrono::seconds(1700000000)};
constexpr UnixTime second = whole_seconds(now);
constexpr std::string_view issuer = "https://issuer.example.test";

const PrivateKey& key_of(NewKey kind) {
  static const PrivateKey rsa = PrivateKey::generate(NewKey::rsa2048).value();
  static const PrivateKey ec = PrivateKey::generate(NewKey::p256).value();
  return kind == NewKey::rsa2048 ? rsa : ec;
}

token::BoundClaims claims() {
  return {.audiences = {"https://vault.example.test"},
          .expires_at = second + std::chrono::hours(1),
          .issued_at = second,
          .not_before = second,
          .issuer = issuer,
          .id = "0f3c6b1e-54c1-4c1b-9a36-0d1f6b9d7a11",
          .subject = "system:serviceaccount:demo:web",
          .ns = "demo",
          .service_account = {.name = "web", .uid = "33333333-3333-4333-8333-333333333333"},
          .pod = token::ObjectRef{.name = "web-0", .uid = "22222222-2222-4222-8222-222222222222"},
          .secret = std::nullopt,
          .node = token::ObjectRef{.name = "node-a", .uid = "11111111-1111-4111-8111-111111111111"},
          .warn_after = std::nullopt};
}

std::string make_token(NewKey kind) {
  const auto& key = key_of(kind);
  const auto own = jose::verification_key(key.public_key());
  const auto header = jose::encode_header(own.algorithm, own.kid);
  return jose::sign_compact(key, header, token::compose(claims())).value();
}

void bench_sign(benchmark::State& state, NewKey kind) {
  auto signer = crypto::Signer::create(key_of(kind), crypto::Digest::sha256).value();
  const std::string message(700, 'm');
  for (auto _ : state) benchmark::DoNotOptimize(signer.sign(message));
}

void bench_verify_signature(benchmark::State& state, NewKey kind) {
  const auto& key = key_of(kind);
  auto verifier = crypto::SignatureVerifier::create(key.public_key(), {}).value();
  const std::string message(700, 'm');
  const auto signature = crypto::sign(key, crypto::Digest::sha256, message).value();
  for (auto _ : state) {
    if (!verifier.verify(message, signature)) state.SkipWithError("refused");
  }
}

void bench_first_use_of_a_key(benchmark::State& state, NewKey kind) {
  const auto& key = key_of(kind).public_key();
  for (auto _ : state) {
    benchmark::DoNotOptimize(crypto::SignatureVerifier::create(key, {}));
  }
}

void bench_verify_token(benchmark::State& state, NewKey kind) {
  const auto own = jose::verification_key(key_of(kind).public_key());
  const auto verifier =
      verify::TokenVerifier::create(
          {.issuer = std::string(issuer), .audiences = {"https://vault.example.test"}},
          std::make_shared<verify::FixedKeys>(std::vector{own}))
          .value();
  const auto token = make_token(kind);
  for (auto _ : state) {
    if (!verifier.verify(token, now)) state.SkipWithError("refused");
  }
}

BENCHMARK_CAPTURE(bench_sign, rs256, NewKey::rsa2048);
BENCHMARK_CAPTURE(bench_sign, es256, NewKey::p256);
BENCHMARK_CAPTURE(bench_verify_signature, rs256, NewKey::rsa2048);
BENCHMARK_CAPTURE(bench_verify_signature, es256, NewKey::p256);
BENCHMARK_CAPTURE(bench_first_use_of_a_key, rs256, NewKey::rsa2048);
BENCHMARK_CAPTURE(bench_first_use_of_a_key, es256, NewKey::p256);
BENCHMARK_CAPTURE(bench_verify_token, rs256, NewKey::rsa2048);
BENCHMARK_CAPTURE(bench_verify_token, es256, NewKey::p256);

void bench_sha256(benchmark::State& state) {
  const std::string message(700, 'm');
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(message));
}
BENCHMARK(bench_sha256);

void bench_parse_jws(benchmark::State& state) {
  const auto token = make_token(NewKey::rsa2048);
  for (auto _ : state) benchmark::DoNotOptimize(jose::parse_jws(token));
}
BENCHMARK(bench_parse_jws);

void bench_peek_issuer(benchmark::State& state) {
  const auto token = make_token(NewKey::rsa2048);
  for (auto _ : state) benchmark::DoNotOptimize(jose::peek_issuer(token));
}
BENCHMARK(bench_peek_issuer);

void bench_compose_claims(benchmark::State& state) {
  const auto said = claims();
  for (auto _ : state) benchmark::DoNotOptimize(token::compose(said));
}
BENCHMARK(bench_compose_claims);

void bench_parse_claims(benchmark::State& state) {
  const auto payload = token::compose(claims());
  for (auto _ : state) benchmark::DoNotOptimize(token::parse_claims(payload));
}
BENCHMARK(bench_parse_claims);

class EverythingLives final : public token::LiveObjects {
 public:
  std::optional<token::ObjectState> service_account(std::string_view,
                                                    std::string_view) const override {
    return token::ObjectState{.uid = "33333333-3333-4333-8333-333333333333", .deleted_at = {}};
  }
  std::optional<token::ObjectState> pod(std::string_view, std::string_view) const override {
    return token::ObjectState{.uid = "22222222-2222-4222-8222-222222222222", .deleted_at = {}};
  }
  std::optional<token::ObjectState> secret(std::string_view, std::string_view) const override {
    return std::nullopt;
  }
  std::optional<token::ObjectState> node(std::string_view) const override { return std::nullopt; }
  std::optional<token::LegacySecretState> legacy_secret(std::string_view,
                                                        std::string_view) const override {
    return std::nullopt;
  }
  bool account_lists_secret(std::string_view, std::string_view, std::string_view) const override {
    return false;
  }
};

void bench_check_bound(benchmark::State& state) {
  const auto said = claims();
  const EverythingLives live;
  const std::vector<std::string> audiences{"https://vault.example.test"};
  for (auto _ : state) {
    auto checked = token::check_bound(said, {.requested = audiences, .api = audiences}, live, now);
    if (!checked) state.SkipWithError("refused");
  }
}
BENCHMARK(bench_check_bound);

void bench_user_of(benchmark::State& state) {
  const auto said = claims();
  for (auto _ : state) benchmark::DoNotOptimize(token::user_of(said));
}
BENCHMARK(bench_user_of);

}  // namespace
}  // namespace signet
