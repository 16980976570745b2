// Checks by keys alone: every refusal, what is remembered, and what waits.
#include <gmock/gmock.h>

#include <functional>

#include "party/party_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

class CheckFlowTest : public PartyTest {};

TEST_F(CheckFlowTest, tells_who_the_caller_is) {
  policy(main_issuer() + plain_route());
  const auto verdict = check(good_token());
  ASSERT_TRUE(verdict) << verdict.error().detail;
  const Caller expected{.subject = "k8s/prod/ns/shop/sa/cart",
                        .cluster = "prod",
                        .issuer = std::string(issuer_url),
                        .ns = "shop",
                        .name = "cart",
                        .uid = "account-uid",
                        .pod = ObjectName{.name = "cart-1", .uid = "pod-uid"},
                        .node = ObjectName{.name = "node-a", .uid = "node-uid"},
                        .jti = "jti-1",
                        .audiences = {"payments"},
                        .not_after = whole_seconds(moments_.now().wall) + hours{1},
                        .method = Method::offline};
  EXPECT_EQ(**verdict, expected);
  EXPECT_EQ(counted("allowed", "offline"), 1);
}

TEST_F(CheckFlowTest, refuses_each_wrong_token_with_a_word_of_its_own) {
  policy(main_issuer(", tokens: {lifetimeMax: 2h}") + plain_route() +
         route("other", cat("audiences: {new: [payments]}, subjects: [{namespace: other, name: "
                            "'*'}]")));
  const auto now = whole_seconds(moments_.now().wall);
  const auto good = good_token();
  EXPECT_EQ(check_word(""), "malformed");
  EXPECT_EQ(check_word("a.b"), "malformed");
  EXPECT_EQ(check_word(std::string(jose::token_bytes_max + 1, 'a')), "malformed");
  EXPECT_EQ(check_word(good + "="), "malformed");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.issuer = "https://k8s.example/"; })),
            "unknown_issuer");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.issuer = "kubernetes/serviceaccount"; })),
            "unsupported");
  EXPECT_EQ(check_word(token_with([](auto&) {}, key(crypto::NewKey::p384))), "unsupported");
  EXPECT_EQ(check_word(token_with([&](auto& c) { c.expires_at = now + hours{3}; })), "unsupported");
  EXPECT_EQ(check_word(token_with([&](auto& c) { c.expires_at = now - seconds{30}; })), "expired");
  EXPECT_EQ(check_word(token_with([&](auto& c) { c.not_before = now + seconds{31}; })),
            "not_yet_valid");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.audiences = {"payment"}; })), "wrong_audience");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.ns = "other"; })), "claims_mismatch");
  EXPECT_EQ(check_word(sign(p256(1), token::compose(claims()),
                            jose::verification_key(p256().public_key()).kid)),
            "bad_signature");
  EXPECT_EQ(check_word(token_with([](auto&) {}, p256(1))), "unknown_key");
  EXPECT_EQ(check_word(good, "other"), "forbidden");
  EXPECT_EQ(check_word(good, "missing"), "forbidden");
  EXPECT_EQ(check_word(good), "allowed");
  EXPECT_EQ(counted("malformed"), 4);
  EXPECT_EQ(counted("forbidden"), 2);
  EXPECT_EQ(clusters_made_.size(), 0U);
}

TEST_F(CheckFlowTest, believes_on_a_route_only_the_issuers_it_names) {
  policy(main_issuer() +
         issuer("b", cat("url: 'https://b.example', cluster: other, keys: {jwks: '", jwks({p256()}),
                         "'}")) +
         plain_route(", issuers: [b]") +
         route("c", cat("anyAudience: true, clusters: [prod], ", everybody)));
  EXPECT_EQ(check_word(good_token()), "unknown_issuer");
  EXPECT_EQ(check_word(good_token(), "c"), "allowed");
}

TEST_F(CheckFlowTest, accepts_any_audience_where_the_policy_says_so_aloud) {
  policy(main_issuer() + route("r", cat("anyAudience: true, ", everybody)));
  const auto verdict = check(token_with([](auto& c) { c.audiences = {"x", "y"}; }));
  ASSERT_TRUE(verdict);
  EXPECT_THAT((*verdict)->audiences, ::testing::ElementsAre("x", "y"));
  EXPECT_EQ(check_word(token_with([](auto& c) { c.audiences = {}; })), "wrong_audience");
}

TEST_F(CheckFlowTest, asks_a_condition_about_the_claims) {
  policy(main_issuer() + plain_route(", condition: \"claims.sub.endsWith(':cart') && "
                                     "caller.pod.name == 'cart-1'\""));
  EXPECT_EQ(check_word(good_token()), "allowed");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.pod = std::nullopt; })), "forbidden");
}

TEST_F(CheckFlowTest, refuses_an_account_that_was_made_anew_where_the_uid_is_pinned) {
  policy(main_issuer() +
         route("r",
               "audiences: {new: [payments]}, subjects: [{namespace: shop, name: cart, uid: "
               "account-uid}]"));
  EXPECT_EQ(check_word(good_token()), "allowed");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.service_account.uid = "other"; })), "forbidden");
}

TEST_F(CheckFlowTest, remembers_a_token_and_still_looks_at_its_times) {
  policy(main_issuer() + plain_route());
  const auto now = whole_seconds(moments_.now().wall);
  const auto token = token_with([&](auto& c) { c.expires_at = now + seconds{1}; });
  const auto first = check(token);
  ASSERT_TRUE(first);
  EXPECT_EQ(check(token)->get(), first->get());  // the same object: remembered
  advance(seconds{30});
  EXPECT_EQ(check_word(token), "allowed");
  advance(seconds{1});
  EXPECT_EQ(check_word(token), "expired");
}

TEST_F(CheckFlowTest, counts_the_signatures_that_it_checks) {
  policy(main_issuer("", {p256(), key(crypto::NewKey::rsa2048)}) + plain_route());
  const auto token = good_token();
  const auto count = [this](std::string_view algorithm) {
    const auto text = metrics_.text();
    const auto name =
        cat("signet_party_signature_duration_seconds_count{algorithm=\"", algorithm, "\"} ");
    const auto at = text.find(name);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + name.size()));
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check_word(token), "allowed");
  EXPECT_EQ(check_word(token_with([](auto& c) { c.audiences = {"other"}; })), "wrong_audience");
  EXPECT_EQ(count("ES256"), 1) << "a verdict that is remembered, or none of a signature";
  EXPECT_EQ(count("RS256"), 0);
  EXPECT_EQ(check_word(token_with([](auto&) {}, key(crypto::NewKey::rsa2048))), "allowed");
  EXPECT_EQ(count("RS256"), 1);
}

TEST_F(CheckFlowTest, forgets_a_verdict_after_a_minute) {
  policy(main_issuer() + plain_route());
  const auto token = good_token();
  const auto first = check(token);
  advance(seconds{59});
  EXPECT_EQ(check(token)->get(), first->get());
  advance(seconds{1});
  const auto second = check(token);
  EXPECT_NE(second->get(), first->get());
  EXPECT_EQ(**second, **first);
}

// Attack 31: what a lenient route allowed says nothing on a strict one.
TEST_F(CheckFlowTest, attack_31_verdicts_of_one_route_are_not_those_of_another) {
  policy(main_issuer() + route("lenient", cat("anyAudience: true, ", everybody)) +
         route("strict", cat("audiences: {new: [vault]}, ", everybody)) +
         route("elsewhere", "anyAudience: true, subjects: [{namespace: x, name: x}]"));
  const auto token = good_token();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(check_word(token, "lenient"), "allowed");
    EXPECT_EQ(check_word(token, "strict"), "wrong_audience");
    EXPECT_EQ(check_word(token, "elsewhere"), "forbidden");
  }
}

// Attack 32: a key that is gone takes with it what was remembered.
TEST_F(CheckFlowTest, attack_32_no_verdict_outlives_its_key) {
  policy(main_issuer("", {p256(), p256(1)}) + plain_route());
  const auto token = good_token();
  EXPECT_EQ(check_word(token), "allowed");
  policy(main_issuer("", {p256(1)}) + plain_route());
  EXPECT_EQ(check_word(token), "unknown_key");
  policy(main_issuer() + plain_route());
  EXPECT_EQ(check_word(token), "allowed");
}

TEST_F(CheckFlowTest, answers_now_what_needs_no_waiting_and_nothing_else) {
  policy(main_issuer() + plain_route() +
         issuer("away", "url: 'https://away.example', cluster: away"));
  const auto token = good_token();
  const auto first = flow_.check_now({.token = token, .route = "r"});
  ASSERT_TRUE(first);
  EXPECT_EQ(word(*first), "allowed");
  const auto elsewhere = token_with([](auto& c) { c.issuer = "https://away.example"; });
  EXPECT_FALSE(flow_.check_now({.token = elsewhere, .route = "r"}));
  EXPECT_EQ(network_.seen().size(), 0U);
  EXPECT_EQ(counted("allowed", "offline"), 1);
}

class FetchedKeysTest : public CheckFlowTest {};

TEST_F(FetchedKeysTest, waits_for_the_first_keys_of_an_issuer) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  const auto answer = begin(good_token());
  EXPECT_EQ(answer->times, 0);
  EXPECT_EQ(flow_.waiting(), 1U);
  run(milliseconds{200});
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "allowed");
  EXPECT_EQ(flow_.waiting(), 0U);
}

TEST_F(FetchedKeysTest, says_that_nobody_knows_while_the_issuer_is_away) {
  policy(fetched_issuer() + plain_route());
  const auto answer = begin(good_token());
  run(seconds{1});
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "keys_unavailable");
  EXPECT_GT(answer->verdict->error().retry_after, seconds{0});
}

TEST_F(FetchedKeysTest, accepts_a_token_of_a_new_key_in_the_same_call) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  EXPECT_EQ(check_word(good_token()), "allowed");
  run(minutes{2});
  serve({p256(), p256(1)});
  const auto answer = begin(sign(p256(1), token::compose(claims())));
  run(milliseconds{200});
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "allowed");
}

TEST_F(FetchedKeysTest, attack_32_a_key_that_its_issuer_withdrew_takes_its_verdicts_with_it) {
  serve({p256(), p256(1)});
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  auto long_lived = claims();
  long_lived.expires_at = *long_lived.expires_at + hours{1};
  const auto token = sign(p256(), token::compose(long_lived));
  EXPECT_EQ(check_word(token), "allowed");
  serve({p256(1)});
  run(seconds{605});
  const auto answer = begin(token);
  run(milliseconds{500});
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "unknown_key");
}

// K-1 80: what could not be true anyway makes nobody fetch.
TEST_F(FetchedKeysTest, junk_spends_no_fetch) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(minutes{2});
  network_.forget();
  const auto junk = [&](const std::function<void(token::BoundClaims&)>& change) {
    return check_word(token_with(change, p256(1)));
  };
  EXPECT_EQ(junk([](auto& c) { c.audiences = {"other"}; }), "wrong_audience");
  EXPECT_EQ(junk([](auto& c) { c.expires_at = UnixTime(seconds{1}); }), "expired");
  EXPECT_EQ(junk([](auto& c) { c.issuer = "https://evil.example"; }), "unknown_issuer");
  EXPECT_EQ(network_.seen().size(), 0U);
}

// The engine, woken for one token, answers whoever is overdue: on the thread that has the desk.
TEST_F(FetchedKeysTest, wakes_an_issuer_that_sleeps_while_another_caller_is_overdue) {
  serve({p256()});
  policy(fetched_issuer() + plain_route());
  run(hours{25});
  ASSERT_TRUE(engine_.status(issuer_url)->idle);
  const std::string silent = "https://silent.example";
  network_.serve(silent + "/.well-known/openid-configuration", verify::testing::hanging());
  policy(fetched_issuer() + issuer("silent", cat("url: '", silent, "', cluster: other")) +
         plain_route());
  const auto overdue =
      begin(token_with([&](auto& c) { c.issuer = silent; }), "r", milliseconds{100});
  ASSERT_EQ(overdue->times, 0);
  advance(milliseconds{200});
  EXPECT_EQ(check_word(good_token()), "allowed");
  ASSERT_EQ(overdue->times, 1);
  EXPECT_EQ(word(*overdue->verdict), "keys_unavailable");
}

TEST_F(FetchedKeysTest, answers_whoever_waits_at_the_end) {
  policy(fetched_issuer() + plain_route());
  const auto answer = begin(good_token());
  ASSERT_EQ(answer->times, 0);
  flow_.close();
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "overloaded");
  run(seconds{3});
  EXPECT_EQ(answer->times, 1);
}

TEST_F(FetchedKeysTest, lets_a_number_of_checks_wait) {
  policy(issuer("main", cat("url: '", issuer_url,
                            "', cluster: prod, mode: review, review: {kubeconfig: x}")) +
         plain_route());
  for (std::size_t i = 0; i < CheckFlow::waiting_max; ++i) {
    std::ignore = begin(good_token());
  }
  EXPECT_EQ(flow_.waiting(), CheckFlow::waiting_max);
  EXPECT_EQ(check_word(good_token()), "overloaded");
}

class ExpensiveTest : public CheckFlowTest {
 protected:
  ExpensiveTest() {
    policy(
        main_issuer(", tokens: {algorithms: [ES256, ES512]}", {p256(), key(crypto::NewKey::p521)}) +
        plain_route());
  }
  std::string expensive(int number) const {
    const auto id = cat("jti-", number);
    auto numbered = claims();
    numbered.id = id;
    return sign(key(crypto::NewKey::p521), token::compose(numbered));
  }
};

// Attack 43: signatures that cost thirty times as much wait by themselves, and not without end.
TEST_F(ExpensiveTest, attack_43_a_flood_of_expensive_signatures_delays_no_cheap_ones) {
  std::vector<std::shared_ptr<Answer>> flood;
  for (int i = 0; i < 6; ++i) flood.push_back(begin(expensive(i)));
  EXPECT_EQ(lane_.waiting(), 4U);
  EXPECT_EQ(check_word(good_token()), "allowed");
  EXPECT_EQ(flood[3]->times, 0);
  for (const std::size_t beyond : {4U, 5U}) {
    ASSERT_EQ(flood[beyond]->times, 1);
    EXPECT_EQ(word(*flood[beyond]->verdict), "overloaded");
    EXPECT_EQ(http_status(flood[beyond]->verdict->error().reason), 429);
  }
  ASSERT_TRUE(lane_.run_one());
  ASSERT_EQ(flood[0]->times, 1);
  EXPECT_EQ(word(*flood[0]->verdict), "allowed");
  advance(seconds{1});
  while (lane_.run_one()) {
  }
  for (const std::size_t late : {1U, 2U, 3U}) {
    ASSERT_EQ(flood[late]->times, 1);
    EXPECT_EQ(word(*flood[late]->verdict), "overloaded");
  }
}

// K-1 99: a bad signature is remembered for ten seconds, so that it does not cost as much again.
TEST_F(ExpensiveTest, a_bad_signature_that_was_seen_waits_no_more_for_ten_seconds) {
  const auto good = expensive(0);
  const auto other = expensive(1);
  const auto bad = good.substr(0, good.rfind('.')) + other.substr(other.rfind('.'));
  const auto answer = begin(bad);
  ASSERT_TRUE(lane_.run_one());
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(word(*answer->verdict), "bad_signature");
  advance(milliseconds{9'999});
  EXPECT_EQ(check_word(bad), "bad_signature");
  EXPECT_EQ(lane_.waiting(), 0U);
  advance(milliseconds{1});
  std::ignore = begin(bad);
  EXPECT_EQ(lane_.waiting(), 1U);
}

TEST_F(ExpensiveTest, an_expensive_token_that_was_seen_waits_no_more) {
  const auto token = expensive(0);
  EXPECT_FALSE(flow_.check_now({.token = token, .route = "r"}));
  const auto answer = begin(token);
  ASSERT_TRUE(lane_.run_one());
  ASSERT_EQ(answer->times, 1);
  EXPECT_EQ(check_word(token), "allowed");
  EXPECT_EQ(lane_.waiting(), 0U);
}

}  // namespace
}  // namespace signet::party::fixture
