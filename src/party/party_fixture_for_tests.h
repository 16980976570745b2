// A relying party whose time, network and clusters do as a test says. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "base/temp_directory_for_tests.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "party/check_flow.h"
#include "party/judge.h"
#include "party/policy_loader.h"
#include "party/signature_lane.h"
#include "telemetry/metrics.h"
#include "token/claims.h"
#include "verify/key_engine.h"
#include "verify/key_engine_fixture_for_tests.h"

namespace signet::party::fixture {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using verify::testing::ManualMoments;
using verify::testing::SimulatedNetwork;

inline const crypto::PrivateKey& key(crypto::NewKey kind, std::size_t which = 0) {
  static std::map<std::pair<crypto::NewKey, std::size_t>, crypto::PrivateKey> keys;
  const auto found = keys.find({kind, which});
  if (found != keys.end()) return found->second;
  return keys.emplace(std::pair(kind, which), crypto::PrivateKey::generate(kind).value())
      .first->second;
}
inline const crypto::PrivateKey& p256(std::size_t which = 0) {
  return key(crypto::NewKey::p256, which);
}

inline std::string jwks(const std::vector<crypto::PrivateKey>& keys) {
  std::vector<jose::VerificationKey> published;
  for (const auto& each : keys) published.push_back(jose::verification_key(each.public_key()));
  return jose::to_jwks(published);
}

inline std::string sign(const crypto::PrivateKey& with, std::string_view payload,
                        std::string_view kid = {}) {
  const auto own = jose::verification_key(with.public_key());
  const auto header = jose::encode_header(own.algorithm, kid.empty() ? own.kid : kid);
  return jose::sign_compact(with, header, payload).value();
}

// A cluster that answers as it is told, at once or when told to.
class FakeCluster final : public ClusterReviews {
 public:
  FakeCluster() = default;
  FakeCluster(const FakeCluster&) = delete;
  FakeCluster& operator=(const FakeCluster&) = delete;
  ~FakeCluster() override {
    for (auto& each : waiting) {
      if (each.answered) each.answered(ReviewUnknown{.detail = "the cluster is gone"});
    }
  }

  struct Asked {
    std::string token;
    std::vector<std::string> audiences;
    verify::SteadyTime deadline;
    Answered answered;
  };

  void ask(std::string_view token, const std::vector<std::string>& audiences,
           verify::SteadyTime deadline, Answered answered) override {
    ++times;
    if (answer) return answered(*answer);
    waiting.push_back({std::string(token), audiences, deadline, std::move(answered)});
  }
  ReviewStatus status() const override { return {.server = "https://cluster.example"}; }

  std::optional<ReviewAnswer> answer;  // none: whoever asks waits
  std::vector<Asked> waiting;
  int times = 0;
};

inline constexpr std::string_view issuer_url = "https://k8s.example";

class PartyTest : public ::testing::Test {
 protected:
  PartyTest() { log::set_level(log::Level::off); }
  ~PartyTest() override { log::set_level(log::Level::warn); }

  // An Issuer document; `spec` without braces.
  static std::string issuer(std::string_view name, std::string_view spec) {
    return cat("---\napiVersion: signet.dev/v1\nkind: Issuer\nmetadata: {name: ", name,
               "}\nspec: {", spec, "}\n");
  }
  static std::string route(std::string_view name, std::string_view spec) {
    return cat("---\napiVersion: signet.dev/v1\nkind: Route\nmetadata: {name: ", name, "}\nspec: {",
               spec, "}\n");
  }
  static constexpr std::string_view everybody = "subjects: [{namespace: '*', name: '*'}]";
  // Issuer "main" with fixed keys, of cluster "prod".
  static std::string main_issuer(std::string_view more = {},
                                 const std::vector<crypto::PrivateKey>& keys = {p256()}) {
    return issuer("main", cat("url: '", issuer_url, "', cluster: prod, keys: {jwks: '", jwks(keys),
                              "'}", more));
  }
  // The same with the keys that serve() puts on the network.
  static std::string fetched_issuer(std::string_view more = {}) {
    return issuer("main", cat("url: '", issuer_url, "', cluster: prod", more));
  }
  // The same by the word of its cluster: mode review or hybrid.
  static std::string reviewed_issuer(std::string_view mode, std::string_view review = {}) {
    const auto rest = cat(", mode: ", mode, ", review: {kubeconfig: x", review, "}");
    if (mode == "hybrid") return main_issuer(rest);
    return issuer("main", cat("url: '", issuer_url, "', cluster: prod", rest));
  }
  static std::string plain_route(std::string_view more = {}) {
    return route("r", cat("audiences: {new: [payments]}, ", everybody, more));
  }

  void write(std::string_view text, std::string_view name = "policy.yaml") {
    ASSERT_TRUE(write_file_durably(directory_ / std::string(name), text, 0600));
  }
  // Puts `text` in force.
  void policy(std::string_view text) {
    write(text);
    const auto loaded = loader_.load();
    ASSERT_TRUE(loaded) << loaded.error().front();
  }

  // Claims of a token for "payments" of shop/cart, for one hour from now.
  token::BoundClaims claims() const {
    const auto now = whole_seconds(moments_.now().wall);
    return {.audiences = {"payments"},
            .expires_at = now + hours{1},
            .issued_at = now,
            .not_before = now,
            .issuer = issuer_url,
            .id = "jti-1",
            .subject = "system:serviceaccount:shop:cart",
            .ns = "shop",
            .service_account = {.name = "cart", .uid = "account-uid"},
            .pod = token::ObjectRef{.name = "cart-1", .uid = "pod-uid"},
            .node = token::ObjectRef{.name = "node-a", .uid = "node-uid"}};
  }
  std::string good_token() const { return sign(p256(), token::compose(claims())); }
  std::string token_with(const std::function<void(token::BoundClaims&)>& change,
                         const crypto::PrivateKey& with = p256()) const {
    auto changed = claims();
    change(changed);
    return sign(with, token::compose(changed));
  }
  // What a cluster says of good_token().
  ReviewYes yes() const {
    return {.user = {.username = "system:serviceaccount:shop:cart",
                     .uid = "account-uid",
                     .extra = {{std::string(token::pod_name_key), {"cart-1"}},
                               {std::string(token::pod_uid_key), {"pod-uid"}},
                               {std::string(token::credential_id_key), {"JTI=jti-1"}}}},
            .audiences = {"payments"},
            .asked_at = moments_.now().steady};
  }

  // The verdict so far, and how often there was one.
  struct Answer {
    std::optional<Verdict> verdict;
    int times = 0;
  };
  std::shared_ptr<Answer> begin(std::string_view token, std::string_view route = "r",
                                milliseconds patience = seconds{1}) {
    auto answer = std::make_shared<Answer>();
    flow_.check({.token = token, .route = route}, moments_.now().steady + patience,
                [answer](Verdict verdict) {
                  answer->verdict = std::move(verdict);
                  ++answer->times;
                });
    return answer;
  }
  Verdict check(std::string_view token, std::string_view route = "r") {
    const auto answer = begin(token, route);
    EXPECT_EQ(answer->times, 1) << "it waits";
    return answer->verdict.value();
  }
  // The word of the refusal; "allowed" when there is none.
  static std::string word(const Verdict& verdict) {
    return verdict ? "allowed" : std::string(to_string(verdict.error().reason));
  }
  std::string check_word(std::string_view token, std::string_view route = "r") {
    return word(check(token, route));
  }

  // What the issuer answers from now on.
  void serve(std::string_view key_set) {
    const std::string url(issuer_url);
    network_.serve(url + "/.well-known/openid-configuration",
                   verify::testing::ok(verify::testing::discovery(url, url + "/keys")));
    network_.serve(url + "/keys", verify::testing::ok(std::string(key_set)));
  }
  void serve(const std::vector<crypto::PrivateKey>& keys) { serve(jwks(keys)); }
  // Lets time pass, with all that the engine does in it.
  void run(milliseconds span) {
    const auto end = moments_.now().steady + span;
    for (auto next = engine_.step(); next <= end || network_.next() <= end; next = engine_.step()) {
      moments_.set(std::min(next, network_.next()));
      network_.deliver(moments_.now().steady);
    }
    moments_.set(end);
  }
  // The word for a token that may have to wait for keys.
  std::string patient_word(std::string_view token, std::string_view route = "r") {
    const auto answer = begin(token, route);
    run(milliseconds{500});
    EXPECT_EQ(answer->times, 1);
    return answer->verdict ? word(*answer->verdict) : "waits";
  }

  void advance(std::chrono::nanoseconds by) { moments_.set(moments_.now().steady + by); }
  double counted(std::string_view result, std::string_view method = {}) {
    return metrics_
        .counter("signet_party_checks_total", "Tokens that were checked, by the answer.",
                 {{"result", result}, {"method", method}})
        .value();
  }

  signet::fixture::TempDirectory directory_;
  ManualMoments moments_;
  SeededRandom random_{7};
  telemetry::Registry metrics_;
  SimulatedNetwork network_{moments_};
  std::map<std::string, std::shared_ptr<FakeCluster>, std::less<>> clusters_;
  std::vector<std::string> clusters_made_;

  PartyMetrics party_metrics_{metrics_};
  LivePolicy live_;
  OldAudiences old_audiences_{metrics_};
  Judge judge_{old_audiences_, moments_, random_, party_metrics_};
  verify::KeyEngine engine_{{}, network_, moments_, random_, metrics_};
  SignatureLane lane_{{.threads = 0, .queue_max = 4}, moments_};
  CheckFlow flow_{{.live = live_,
                   .judge = judge_,
                   .engine = engine_,
                   .lane = lane_,
                   .moments = moments_,
                   .metrics = party_metrics_}};
  PolicyLoader loader_{
      directory_ / ".",
      {.live = live_,
       .engine = engine_,
       .moments = moments_,
       .metrics = party_metrics_,
       .make_reviews = [this](const std::string& cluster, const ReviewSource& source)
           -> Result<std::shared_ptr<ClusterReviews>> {
         if (source.kubeconfig == "bad") return fail(ErrorKind::invalid, "no such kubeconfig");
         clusters_made_.push_back(cluster);
         auto& made = clusters_[cluster];
         made = std::make_shared<FakeCluster>();
         return made;
       },
       .changed = [this] { judge_.forget(); }}};
};

}  // namespace signet::party::fixture
