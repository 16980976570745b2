// Checks that ask a cluster: mode review, and mode hybrid after the keys.
#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "party/party_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HybridTest : public PartyTest {
 protected:
  FakeCluster& cluster() { return *clusters_.at("prod"); }
};

TEST_F(HybridTest, is_by_both_when_both_agree) {
  policy(reviewed_issuer("hybrid") + plain_route());
  const auto token = good_token();
  const auto answer = begin(token);
  ASSERT_EQ(answer->times, 0);
  ASSERT_EQ(cluster().waiting.size(), 1U);
  EXPECT_EQ(cluster().waiting[0].token, token);
  EXPECT_THAT(cluster().waiting[0].audiences, ElementsAre("payments"));
  EXPECT_EQ(cluster().waiting[0].deadline, moments_.now().steady + seconds{1});
  cluster().waiting[0].answered(yes());
  ASSERT_EQ(answer->times, 1);
  ASSERT_TRUE(*answer->verdict) << answer->verdict->error().detail;
  EXPECT_EQ((**answer->verdict)->method, Method::both);
  EXPECT_EQ((**answer->verdict)->node, (ObjectName{.name = "node-a", .uid = "node-uid"}));
  EXPECT_EQ(counted("allowed", "both"), 1);
}

TEST_F(HybridTest, never_shows_junk_to_the_cluster) {
  policy(reviewed_issuer("hybrid") + plain_route());
  cluster().answer = yes();
  auto wrong = claims();
  wrong.audiences = {"other"};
  EXPECT_EQ(check_word("a.b.c"), "malformed");
  EXPECT_EQ(check_word(sign(p256(), token::compose(wrong))), "wrong_audience");
  EXPECT_EQ(check_word(sign(p256(1), token::compose(claims()),
                            jose::verification_key(p256().public_key()).kid)),
            "bad_signature");
  EXPECT_EQ(check_word(sign(p256(1), token::compose(claims()))), "unknown_key");
  EXPECT_EQ(cluster().times, 0);
}

TEST_F(HybridTest, sees_a_deleted_pod_when_the_answer_has_aged) {
  policy(reviewed_issuer("hybrid") + plain_route());
  const auto token = good_token();
  cluster().answer = yes();
  EXPECT_EQ(check_word(token), "allowed");
  cluster().answer = ReviewNo{.detail = "pod is gone", .asked_at = moments_.now().steady};
  advance(milliseconds{9'999});
  EXPECT_EQ(check_word(token), "allowed");
  EXPECT_EQ(cluster().times, 1);
  advance(milliseconds{1});
  cluster().answer = ReviewNo{.detail = "pod is gone", .asked_at = moments_.now().steady};
  EXPECT_EQ(check_word(token), "revoked");
  EXPECT_EQ(check_word(token), "revoked");
  EXPECT_EQ(cluster().times, 2);  // the refusal is remembered, too
  EXPECT_EQ(http_status(Refusal::revoked), 401);
}

// What a client of the cluster remembers counts from when it asked, not from when it told us.
TEST_F(HybridTest, an_answer_ages_from_when_the_cluster_was_asked) {
  policy(reviewed_issuer("hybrid") + plain_route());
  auto old = yes();
  old.asked_at = moments_.now().steady - seconds{8};
  cluster().answer = old;
  const auto token = good_token();
  EXPECT_EQ(check_word(token), "allowed");
  advance(seconds{2});
  std::ignore = check(token);
  EXPECT_EQ(cluster().times, 2);
}

struct Difference {
  const char* name;
  std::function<void(ReviewYes&)> change;
};
class HybridDifference : public HybridTest, public ::testing::WithParamInterface<Difference> {};

// K-1 104.
TEST_P(HybridDifference, is_a_mismatch) {
  policy(reviewed_issuer("hybrid") + plain_route());
  auto answer = yes();
  GetParam().change(answer);
  cluster().answer = answer;
  EXPECT_EQ(check_word(good_token()), "claims_mismatch");
}
INSTANTIATE_TEST_SUITE_P(
    , HybridDifference,
    ::testing::Values(
        Difference{"uid", [](ReviewYes& yes) { yes.user.uid = "other"; }},
        Difference{"no_uid", [](ReviewYes& yes) { yes.user.uid = ""; }},
        Difference{"account",
                   [](ReviewYes& yes) { yes.user.username = "system:serviceaccount:shop:x"; }},
        Difference{"namespace",
                   [](ReviewYes& yes) { yes.user.username = "system:serviceaccount:x:cart"; }},
        Difference{"not_an_account", [](ReviewYes& yes) { yes.user.username = "admin"; }},
        Difference{
            "pod_uid",
            [](ReviewYes& yes) { yes.user.extra[std::string(token::pod_uid_key)] = {"other"}; }},
        Difference{
            "pod_name",
            [](ReviewYes& yes) { yes.user.extra[std::string(token::pod_name_key)] = {"other"}; }},
        Difference{
            "node",
            [](ReviewYes& yes) { yes.user.extra[std::string(token::node_name_key)] = {"other"}; }},
        Difference{"token_id",
                   [](ReviewYes& yes) {
                     yes.user.extra[std::string(token::credential_id_key)] = {"JTI=other"};
                   }}),
    [](const auto& row) { return std::string(row.param.name); });

// Attack 42: a cluster that names no audience has not looked at audiences.
TEST_F(HybridTest, attack_42_an_answer_without_the_audience_lets_nobody_in) {
  for (const auto* mode : {"hybrid", "review"}) {
    policy(reviewed_issuer(mode) + plain_route());
    for (const auto& audiences :
         std::vector<std::vector<std::string>>{{}, {"other"}, {"payment", "Payments"}}) {
      auto answer = yes();
      answer.audiences = audiences;
      cluster().answer = answer;
      EXPECT_EQ(check_word(good_token()), "wrong_audience") << mode;
    }
  }
}

TEST_F(HybridTest, cannot_know_while_the_cluster_is_away_where_a_review_is_required) {
  policy(reviewed_issuer("hybrid") + plain_route());
  cluster().answer = ReviewUnknown{.detail = "breaker", .retry_after = seconds{5}};
  const auto verdict = check(good_token());
  EXPECT_EQ(word(verdict), "review_unavailable");
  EXPECT_EQ(verdict.error().retry_after, seconds{5});
  EXPECT_EQ(http_status(verdict.error().reason), 503);
  EXPECT_EQ(check_word(good_token()), "review_unavailable");
  EXPECT_EQ(cluster().times, 2);  // and is not remembered
}

TEST_F(HybridTest, goes_on_by_keys_alone_where_a_review_is_best_effort_and_says_so) {
  policy(reviewed_issuer("hybrid", ", need: best_effort") + plain_route());
  cluster().answer = ReviewUnknown{.detail = "breaker"};
  const auto token = good_token();
  const auto verdict = check(token);
  ASSERT_TRUE(verdict);
  EXPECT_EQ((*verdict)->method, Method::offline);
  // A cluster that is there again is asked soon.
  advance(seconds{10});
  cluster().answer = ReviewNo{.detail = "gone", .asked_at = moments_.now().steady};
  EXPECT_EQ(check_word(token), "revoked");
}

TEST_F(HybridTest, is_late_when_the_cluster_is) {
  policy(reviewed_issuer("hybrid") + plain_route());
  const auto answer = begin(good_token(), "r", milliseconds{0});
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "review_unavailable");
  EXPECT_EQ(cluster().times, 0);
}

TEST_F(HybridTest, starts_over_when_the_policy_changes_meanwhile) {
  policy(reviewed_issuer("hybrid") + plain_route());
  const auto forbidden = begin(good_token());
  auto asked = std::move(cluster().waiting[0]);
  policy(reviewed_issuer("hybrid") +
         route("r", "audiences: {new: [payments]}, subjects: [{namespace: other, name: x}]"));
  asked.answered(yes());
  // The same cluster, asked anew under the new policy.
  ASSERT_EQ(cluster().waiting.size(), 2U);
  cluster().waiting[1].answered(yes());
  ASSERT_EQ(forbidden->times, 1);
  EXPECT_EQ(word(*forbidden->verdict), "forbidden");

  const auto removed = begin(good_token());
  asked = std::move(cluster().waiting.back());
  const auto held = clusters_.at("prod");
  policy(issuer("b", "url: 'https://b.example', cluster: b") + plain_route());
  asked.answered(yes());
  ASSERT_EQ(removed->times, 1);
  EXPECT_EQ(word(*removed->verdict), "unknown_issuer");
}

// The last to let go of a cluster is the thread that finds another policy, with its desk in hand.
TEST_F(HybridTest, asks_anew_when_the_cluster_is_given_up_meanwhile) {
  policy(reviewed_issuer("hybrid") + plain_route());
  const auto answer = begin(good_token());
  ASSERT_EQ(cluster().waiting.size(), 1U);
  policy(reviewed_issuer("hybrid", ", burst: 5") + plain_route());
  EXPECT_EQ(check_word("x"), "malformed");
  ASSERT_EQ(cluster().waiting.size(), 1U);
  cluster().waiting[0].answered(yes());
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "allowed");
}

TEST_F(HybridTest, by_review_alone_takes_the_clusters_word) {
  policy(reviewed_issuer("review") + plain_route());
  cluster().answer = yes();
  const auto token = sign(p256(1), token::compose(claims()));  // keys are the cluster's business
  const auto verdict = check(token);
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_EQ((*verdict)->method, Method::review);
  EXPECT_EQ((*verdict)->subject, "k8s/prod/ns/shop/sa/cart");
  EXPECT_EQ((*verdict)->jti, "jti-1");
  EXPECT_EQ((*verdict)->not_after, claims().expires_at);
  EXPECT_EQ(check_word(token), "allowed");
  EXPECT_EQ(cluster().times, 1);
  auto admin = yes();
  admin.user.username = "admin";
  cluster().answer = admin;
  advance(seconds{10});
  EXPECT_EQ(check_word(token), "claims_mismatch");  // K-1 103
  cluster().answer = ReviewNo{.detail = "no", .asked_at = moments_.now().steady};
  EXPECT_EQ(check_word(token), "revoked");
}

class LegacyTest : public HybridTest {
 protected:
  static std::string legacy_token() {
    return sign(p256(),
                token::compose(token::LegacyClaims{.subject = "system:serviceaccount:shop:cart",
                                                   .ns = "shop",
                                                   .secret_name = "cart-token",
                                                   .service_account_name = "cart",
                                                   .service_account_uid = "account-uid"}));
  }
};

// K-1 55.
TEST_F(LegacyTest, is_refused_unless_the_route_names_the_cluster_that_reviews_it) {
  policy(reviewed_issuer("hybrid") + plain_route() +
         route("legacy", cat("audiences: {new: [payments]}, legacyTokensFrom: main, ", everybody)));
  auto answer = yes();
  answer.user.extra.clear();
  cluster().answer = answer;
  EXPECT_EQ(check_word(legacy_token()), "unsupported");
  EXPECT_EQ(cluster().times, 0);
  const auto verdict = check(legacy_token(), "legacy");
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_EQ((*verdict)->issuer, "kubernetes/serviceaccount");
  EXPECT_EQ((*verdict)->not_after, std::nullopt);
  EXPECT_EQ((*verdict)->method, Method::review);
  answer.audiences = {};
  cluster().answer = answer;
  advance(seconds{10});
  EXPECT_EQ(check_word(legacy_token(), "legacy"), "wrong_audience");
}

// Attack 41: which cluster is asked is the policy's word. A token can only choose among those.
TEST_F(HybridTest, attack_41_a_token_cannot_name_who_reviews_it) {
  policy(
      reviewed_issuer("review") +
      issuer("b", "url: 'https://b.example', cluster: b, mode: review, review: {kubeconfig: x}") +
      plain_route());
  cluster().answer = yes();
  clusters_.at("b")->answer = ReviewNo{};
  auto claimed = claims();
  for (const auto* iss : {"https://evil.example", "https://k8s.example/", "https://K8s.example",
                          "http://169.254.169.254/", "https://k8s.example@evil.example"}) {
    claimed.issuer = iss;
    EXPECT_EQ(check_word(sign(p256(), token::compose(claimed))), "unknown_issuer") << iss;
  }
  EXPECT_EQ(cluster().times, 0);
  claimed.issuer = "https://b.example";
  EXPECT_EQ(check_word(sign(p256(), token::compose(claimed))), "revoked");
  EXPECT_EQ(cluster().times, 0);
  EXPECT_EQ(clusters_.at("b")->times, 1);
  EXPECT_THAT(network_.seen(), IsEmpty());
}

// Attack 40: our own token goes where the operator pinned it, whatever a document says.
TEST_F(HybridTest, attack_40_our_own_token_is_sent_to_the_pinned_origin_only) {
  write(issuer("a", cat("url: '", issuer_url, "', cluster: prod, keys: {credentials: {tokenFile: '",
                        directory_ / "token", "'}}")) +
        plain_route());
  const auto refused = loader_.load();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().front(), ::testing::HasSubstr("credentials"));

  write("own-token", "token");
  policy(issuer("a", cat("url: '", issuer_url,
                         "', cluster: prod, keys: {jwksHosts: [evil.example], credentials: "
                         "{tokenFile: '",
                         directory_ / "token", "', origin: '", issuer_url, "'}}")) +
         plain_route());
  const std::string url(issuer_url);
  network_.serve(url + "/.well-known/openid-configuration",
                 verify::testing::ok(verify::testing::discovery(url, "https://evil.example/keys")));
  network_.serve("https://evil.example/keys", verify::testing::ok(jwks({p256()})));
  for (int i = 0; i < 10; ++i) {
    moments_.set(std::min(engine_.step(), network_.next()));
    network_.deliver(moments_.now().steady);
  }
  ASSERT_EQ(network_.count("https://evil.example/keys"), 1U);
  for (const auto& seen : network_.seen()) {
    const bool pinned = seen.url().starts_with(cat(url, '/'));
    EXPECT_EQ(seen.header("authorization"), pinned ? "Bearer own-token" : "") << seen.url();
  }
}

}  // namespace
}  // namespace signet::party::fixture
